import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning, openHome, type ProcessIdentity, readManifest } from "../../src/cli/index.ts";
import { childEnvironment } from "../child-environment.ts";
import { type ControlClient, connectControl } from "../control-client.ts";
import type { NodeChange } from "../control-protocol.ts";
import { takeDown } from "../down.ts";
import { readJournal, verifyJournal } from "../journal.ts";
import { resolveNetwork } from "../network-request.ts";
import { devnetPaths } from "../paths.ts";
import { type DevnetPlan, portsOf } from "../plan.ts";
import { readPlan, writePlan } from "../plan-file.ts";
import { planOnFreePorts } from "../port-choice.ts";
import { findLeftovers } from "../providers/leftovers.ts";
import { waitForNodes } from "../session.ts";
import type { DevnetState } from "../state.ts";
import { callRootChain } from "./root-chain-call.ts";
import { waitUntil } from "./wait-until.ts";

const program = fileURLToPath(new URL("../../test/support/scripted-supervisor.ts", import.meta.url));
const forever = new AbortController().signal;
const within = (ms: number) => AbortSignal.timeout(ms);

let root: string;
let dir: string;
let controls: ControlClient[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "koma-devnet-"));
  const home = openHome(root);
  dir = home.devnet("trial");
  mkdirSync(devnetPaths(dir).run, { recursive: true });
  const network = resolveNetwork({ name: "trial", validators: 3, set: ["l1.blockTime=1s"] });
  await writePlan(devnetPaths(dir).lock, await planOnFreePorts(network, 31_000, home));
  controls = [];
});

afterEach(async () => {
  for (const control of controls) control.close();
  await takeDown(devnetPaths(dir), { graceMs: 2_000, signal: forever });
  expect(findLeftovers(dir)).toEqual([]);
  rmSync(root, { recursive: true, force: true });
});

async function start(): Promise<{ supervisor: ChildProcess; control: ControlClient }> {
  const supervisor = spawn(process.execPath, [program, dir], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
    env: childEnvironment(dir),
  });
  const control = await waitUntil(() => connectControl(devnetPaths(dir).socket).catch(() => undefined), {
    signal: within(10_000),
  });
  controls.push(control);
  return { supervisor, control };
}

async function startReady(): Promise<{ supervisor: ChildProcess; control: ControlClient; state: DevnetState }> {
  const started = await start();
  const state = await started.control.call<DevnetState>("wait", { level: "ready", timeoutMs: 15_000 });
  return { ...started, state };
}

/** Every node goes on at its own height or above. */
function expectNoneFellBack(before: DevnetState, after: DevnetState): void {
  for (const { name, height } of before.nodes) {
    expect(after.nodes.find((node) => node.name === name)?.height).toBeGreaterThanOrEqual(height);
  }
}

async function startAndGrow(): Promise<Awaited<ReturnType<typeof startReady>>> {
  const started = await startReady();
  const state = await started.control.call<DevnetState>("wait", { level: "block", height: 5, timeoutMs: 10_000 });
  return { ...started, state };
}

async function killAndWait(supervisor: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => supervisor.once("exit", resolve));
  supervisor.kill("SIGKILL");
  await ended;
}

function processes(): ProcessIdentity[] {
  return [...findLeftovers(dir)];
}

describe("a supervisor", () => {
  it("brings the root chain and every node up, and says where they are", async () => {
    const { state } = await startReady();
    expect(state.nodes.map(({ name, state: node }) => `${name} ${node}`)).toEqual([
      "validator-0 ready",
      "validator-1 ready",
      "validator-2 ready",
    ]);
    expect(state.steps.map(({ name, state: step }) => `${name} ${step}`)).toEqual([
      "l1 done",
      "stake done",
      "nodes done",
      "block done",
    ]);
    const manifest = readManifest(dir);
    expect(manifest?.contracts).toHaveProperty("Probe");
    expect(manifest?.nodes[0]?.pid).toBe(state.nodes[0]?.pid);
    expect(Number(await callRootChain(manifest?.l1.rpcUrl as string, "eth_chainId"))).toBe(31337);
  });

  it("fails at once when a port was taken since it was planned, and tells who connects next", async () => {
    const [, , { port } = { port: 0 }] = portsOf(readPlan(devnetPaths(dir).lock) as DevnetPlan);
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
    try {
      const { supervisor, control } = await start();
      const ended = new Promise((resolve) => supervisor.once("exit", resolve));
      const states: DevnetState[] = [];
      await control.subscribe((state) => void states.push(state));
      await ended;
      expect(states.at(-1)).toMatchObject({ status: "failed", error: { code: "KOMA_E_PORT_TAKEN" } });
      expect(states.at(-1)?.nodes.map(({ state }) => state)).toEqual(["created", "created", "created"]);
      expect(processes()).toEqual([]);
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
    const { state } = await startReady();
    expect(state.status).toBe("ready");
  });

  it("leaves nothing running after a shutdown, and keeps a whole journal", async () => {
    const { control } = await startReady();
    const before = processes();
    expect(before.length).toBeGreaterThanOrEqual(4);
    await takeDown(devnetPaths(dir), { graceMs: 3_000, signal: forever });
    await control.closed;
    expect(before.filter(isRunning)).toEqual([]);
    expect(readManifest(dir)).toMatchObject({ status: "stopped", supervisor: null });
    expect(verifyJournal(devnetPaths(dir).journal)).toBeGreaterThan(5);
  });

  it("starts a node again that died, and leaves one down that was told to", async () => {
    const { control, state } = await startReady();
    const victim = state.nodes[1]?.pid as number;
    process.kill(victim, "SIGKILL");
    await waitUntil(
      async () => {
        const now = await control.call<DevnetState>("status");
        const node = now.nodes[1];
        return node?.state === "ready" && node.pid !== victim ? node : undefined;
      },
      { signal: within(10_000) },
    );
    expect(readJournal(devnetPaths(dir).journal).map(({ type }) => type)).toContain("node.crashed");

    const [killed] = await control.call<NodeChange[]>("node.kill", { nodes: ["validator-2"] });
    expect(killed).toMatchObject({ node: "validator-2", from: "ready", to: "killed" });
    const [stopped] = await control.call<NodeChange[]>("node.stop", { nodes: ["validator-0"], graceMs: 3_000 });
    expect(stopped).toMatchObject({ to: "stopped" });
    await control.call("node.start", { nodes: ["validator-0", "validator-2"] });
    await waitForNodes(control, ["validator-0", "validator-2"], { timeoutMs: 15_000, signal: forever });
  });

  it("kills a node that does not stop in its time", async () => {
    const { control } = await startReady();
    writeFileSync(join(devnetPaths(dir).node("validator-0").dir, "deaf"), "");
    const [change] = await control.call<NodeChange[]>("node.stop", { nodes: ["validator-0"], graceMs: 200 });
    expect(change).toMatchObject({ to: "stopped" });
    expect(change?.tookMs).toBeGreaterThanOrEqual(200);
  });

  it("tells why a node does not stay up, with its last words", async () => {
    const { node } = devnetPaths(dir);
    mkdirSync(node("validator-2").dir, { recursive: true });
    writeFileSync(join(node("validator-2").dir, "crash"), "");
    const { control } = await start();
    await expect(control.call("wait", { level: "ready", timeoutMs: 19_000 })).rejects.toMatchObject({
      code: "KOMA_E_NODE_START",
      detail: { facts: { node: "validator-2", why: expect.stringContaining("the last words of a scripted node") } },
    });
    const state = await control.call<DevnetState>("status");
    expect(state.status).toBe("degraded");
    expect(state.nodes.map((view) => view.state)).toEqual(["ready", "ready", "crashed"]);
  });

  it("brings a killed root chain back with what was on it", async () => {
    const { control, state } = await startReady();
    const url = state.l1.rpcUrl;
    const [from = "", to = ""] = (await callRootChain(url, "eth_accounts")) as string[];
    const hash = await callRootChain(url, "eth_sendTransaction", [{ from, to, value: "0x1" }]);
    const receipt = () => callRootChain(url, "eth_getTransactionReceipt", [hash]).catch(() => null);
    const mined = (await waitUntil(async () => (await receipt()) ?? undefined, { signal: within(10_000) })) as {
      blockNumber: string;
    };
    // Two blocks on top is what nodes wait for before they credit a deposit.
    await waitUntil(
      async () => {
        const height = Number(await callRootChain(url, "eth_blockNumber"));
        return height >= Number(mined.blockNumber) + 2 ? height : undefined;
      },
      { signal: within(10_000) },
    );
    process.kill(state.l1.pid as number, "SIGKILL");
    const again = await waitUntil(async () => (await receipt()) ?? undefined, { signal: within(10_000) });
    expect(again).toMatchObject({ blockNumber: mined.blockNumber });
    const pid = await waitUntil(async () => (await control.call<DevnetState>("status")).l1.pid ?? undefined, {
      signal: within(10_000),
    });
    expect(pid).not.toBe(state.l1.pid);
  });
});

describe("after kill -9 of the supervisor", () => {
  it("its nodes and the root chain end by themselves, and the next one goes on where it was", async () => {
    const { supervisor, state } = await startAndGrow();
    const left = processes().filter(({ pid }) => pid !== supervisor.pid);
    await killAndWait(supervisor);
    await waitUntil(() => (left.some(isRunning) ? undefined : true), { signal: within(10_000) });

    const resumed = await startReady();
    expectNoneFellBack(state, resumed.state);
    const marks = JSON.parse(readFileSync(devnetPaths(dir).marks, "utf8")) as { steps: object };
    expect(Object.keys(marks.steps)).toEqual(["keys", "rootChain"]);
  });

  it("together with everything else, the next one goes on where it was", async () => {
    const { supervisor, state } = await startAndGrow();
    const others = processes().filter(({ pid }) => pid !== supervisor.pid);
    for (const { pid } of others) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // One of them may end because of another one's death, before its own.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
    await killAndWait(supervisor);
    const resumed = await startReady();
    expectNoneFellBack(state, resumed.state);
    expect(resumed.state.steps[0]?.detail).toContain("resumed");
  });

  it("during the preparation, the next one begins it again", async () => {
    const { supervisor } = await start();
    await killAndWait(supervisor);
    const { state } = await startReady();
    expect(state.status).toBe("ready");
  });
});

describe("faults", () => {
  it("reach the node and its accomplices, come back after a restart, and end when healed", async () => {
    const { control } = await startReady();
    const fault = await control.call<{ handle: string }>("fault.apply", {
      kind: "bad-nonce",
      nodes: ["validator-0"],
      collude: ["validator-1"],
    });
    expect(fault.handle).toBe("f1");
    const performed = () => readJournal(devnetPaths(dir).journal).filter(({ type }) => type === "behaviour");
    expect(performed().map(({ node }) => node)).toEqual(["validator-0", "validator-1"]);

    await control.call("node.restart", { nodes: ["validator-0"] });
    await waitForNodes(control, ["validator-0"], { timeoutMs: 15_000, signal: forever });
    await waitUntil(() => (performed().length === 3 ? true : undefined), { signal: within(10_000) });

    expect(await control.call("fault.heal", { all: true })).toEqual(["f1"]);
    expect(await control.call("fault.list")).toEqual([]);
  });

  it("that a node refuses do not stay on the board", async () => {
    const { control } = await startReady();
    const refused = control.call("fault.apply", { kind: "sign-anything", nodes: ["validator-0"] });
    await expect(refused).rejects.toMatchObject({ code: "KOMA_E_BEHAVIOUR_REFUSED" });
    expect(await control.call("fault.list")).toEqual([]);
  });

  it("of a kind nobody knows are refused with near names", async () => {
    const { control } = await startReady();
    await expect(control.call("fault.apply", { kind: "bad-nonse", nodes: ["validator-0"] })).rejects.toMatchObject({
      code: "KOMA_E_ARGUMENT_INVALID",
      detail: { fix: ["Did you mean bad-nonce?"] },
    });
  });

  it("end by themselves after their time", async () => {
    const { control } = await startReady();
    await control.call("fault.apply", { kind: "bad-nonce", nodes: ["validator-0"], forMs: 300 });
    await waitUntil(async () => ((await control.call<unknown[]>("fault.list")).length === 0 ? true : undefined), {
      signal: within(10_000),
    });
  });
});
