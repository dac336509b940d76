import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOfKey, parseAddress } from "../../src/primitives/index.ts";
import { openChainClient } from "../../src/rpc/index.ts";
import { expectDocumented } from "../support/command-output.ts";
import {
  ask,
  balanceOf,
  blockAt,
  type DevnetData,
  isAlive,
  manifestOf,
  testKeys,
  untilFinal,
} from "../support/devnet.ts";
import { createKoma, eventually, launcher, processesOf } from "../support/koma.ts";

const koma = createKoma();
afterAll(() => koma.dispose());

/** Waits for the end of everything that names the devnet's folder: nodes, root chain, their watchers. */
function untilNothingRuns(dir: string, timeoutMs = 15_000): Promise<true> {
  return eventually(`no process of ${dir}`, async () => (await processesOf(dir)).length === 0, timeoutMs);
}

/** `devnet status --watch --json`: what it has printed so far, and its exit code once the devnet is down. */
function watchStatus(home: string): { readonly told: () => string; readonly ended: Promise<number | undefined> } {
  const command = [launcher, "devnet", "status", "--watch", "--json"];
  const watch = execa(process.execPath, command, { env: { KOMA_HOME: home }, reject: false, stdin: "ignore" });
  let told = "";
  watch.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    told += chunk;
  });
  return { told: () => told, ended: watch.then(({ exitCode }) => exitCode) };
}

describe("a devnet's life", () => {
  let devnet: DevnetData;

  beforeAll(async () => {
    devnet = await koma.json<DevnetData>("devnet", "up");
  });

  it("tells programs everything they need to use it", async () => {
    expect(devnet).toMatchObject({ name: "default", provider: "process", status: "ready", started: true });
    const [chain] = devnet.chains;
    expect(chain).toEqual({ id: 80401, name: "main", rpcUrl: expect.any(String), wsUrl: expect.any(String) });
    expect(devnet.l1).toMatchObject({ chainId: 31337, engine: "anvil" });
    expect(isAlive(devnet.l1.pid as number)).toBe(true);
    expect(devnet.nodes.map(({ name }) => name)).toEqual(["validator-0", "validator-1", "validator-2", "validator-3"]);
    for (const node of devnet.nodes) {
      expect(node.roles).toEqual(["validator", "producer"]);
      expect(node.rpcUrl).toBe(`http://127.0.0.1:${node.ports.rpc}`);
      expect(isAlive(node.pid)).toBe(true);
    }
    expect(devnet.accounts).toHaveLength(10);
    expect(devnet.accounts[0]).toEqual({
      index: 0,
      name: "alice",
      address: addressOfKey(testKeys.alice),
      ethWei: (10_000n * 10n ** 18n).toString(),
      kmcWei: (1_000_000n * 10n ** 18n).toString(),
    });
    expect(Object.keys(devnet.contracts)).toEqual(expect.arrayContaining(["KMC", "DepositManager", "StakeManager"]));
    expect(devnet.finalized).toBeGreaterThanOrEqual(1);
    const client = await openChainClient(chain?.rpcUrl as string);
    expect(client.chainId).toBe(80401n);
    // The build keeps the native add-on: without it a node works, thirty times slower.
    expect(await ask(chain?.rpcUrl as string, "koma_status")).toMatchObject({ cryptography: "native" });
  });

  it("is shown, not started again, by a second up", async () => {
    const again = await koma.json<DevnetData>("devnet", "up");
    expect(again.started).toBe(false);
    expect(again.nodes.map(({ pid }) => pid)).toEqual(devnet.nodes.map(({ pid }) => pid));
  });

  it("refuses another plan with a way out", async () => {
    const { exitCode, envelope } = await koma.run("devnet", "up", "--validators", "3");
    expect(exitCode).toBe(5);
    expect(envelope).toMatchObject({
      ok: false,
      kind: "devnet.up",
      error: { code: "KOMA_E_DEVNET_DIFFERS", exit: 5, why: "nodes: 4 -> 3" },
    });
    expect(envelope.error?.fix?.join("\n")).toContain("koma devnet up --name default --fresh");
  });

  it("is listed, and its status names every node", async () => {
    const listed = await koma.json<readonly Record<string, unknown>[]>("devnet", "list");
    expect(listed).toEqual([expect.objectContaining({ name: "default", status: "ready", nodes: 4, dir: devnet.dir })]);
    const status = await koma.json<{ nodes: { name: string; state: string }[]; chains: { finalized: number }[] }>(
      "devnet",
      "status",
    );
    expect(status).toMatchObject({ name: "default", status: "ready", l1: { chainId: 31337 } });
    expect(status.nodes.map(({ name, state }) => `${name} ${state}`)).toEqual(
      devnet.nodes.map(({ name }) => `${name} ready`),
    );
    const healthy = await koma.run("devnet", "status", "--exit-code");
    expect(healthy.exitCode, healthy.stdout).toBe(0);
    const unknown = await koma.run("devnet", "status", "nowhere", "--exit-code");
    expect(unknown.exitCode).toBe(3);
  });

  it("shows its accounts, and keys only when asked", async () => {
    const hidden = await koma.json<readonly { name: string; key?: string }[]>("devnet", "accounts");
    expect(hidden).toHaveLength(10);
    expect(JSON.stringify(hidden)).not.toContain("key");
    const revealed = await koma.json<readonly { name: string; key?: string }[]>("devnet", "accounts", "--reveal");
    expect(revealed[0]).toMatchObject({
      name: "alice",
      key: "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    });
  });

  it("knows where all KMC is, and whose turn the next checkpoint is", async () => {
    const { totalWei, burnedWei, ...parts } = await koma.json<Record<string, string>>("token", "supply");
    expect(Object.values(parts).reduce((sum, wei) => sum + BigInt(wei), 0n)).toBe(BigInt(totalWei ?? 0));
    expect({ burnedWei, ...parts }).toMatchObject({ burnedWei: "0", stakedWei: `${4_000n * 10n ** 18n}` });
    const [next] = await koma.json<readonly Record<string, unknown>[]>("chain", "schedule");
    expect(next).toMatchObject({ chain: "80401", name: "main", halted: false });
    expect(devnet.nodes.map(({ name }) => name)).toContain(next?.["proposerName"]);
  });

  it("gives shells its endpoints and contracts", async () => {
    const { vars } = await koma.json<{ vars: Record<string, string> }>("devnet", "env");
    expect(vars).toMatchObject({
      KOMA_CHAIN_ID: "80401",
      KOMA_RPC_URL: devnet.chains[0]?.rpcUrl,
      KOMA_L1_URL: devnet.l1.rpcUrl,
      KOMA_CONTRACT_DEPOSIT_MANAGER: devnet.contracts["DepositManager"],
    });
    const { stdout } = await koma.plain("devnet", "env", "--shell", "bash");
    const shell = await execa("bash", ["-c", `eval "$1"; printf %s "$KOMA_RPC_URL"`, "bash", stdout]);
    expect(shell.stdout).toBe(devnet.chains[0]?.rpcUrl);
  });

  it("prints logs as one document per line", async () => {
    const { exitCode, stdout } = await koma.plain("devnet", "logs", "validator-0", "--tail", "5", "--json");
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n").map((line) => JSON.parse(line) as { kind: string; data: { node?: string } });
    expect(lines.at(-1)).toEqual({ kind: "end", data: { reason: "done" } });
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(0, -1))
      expect(line).toMatchObject({ kind: "devnet.logs", data: { node: "validator-0" } });
  });

  it("prints no colour codes without a terminal", async () => {
    // Neither NO_COLOR nor CI: that there is no terminal must be enough.
    const env = { KOMA_HOME: koma.home, NO_COLOR: "", CI: "", TERM: "xterm-256color" };
    for (const command of [
      ["devnet", "status"],
      ["devnet", "list"],
      ["devnet", "up"],
      ["devnet", "nonsense"],
    ]) {
      const { all } = await execa(process.execPath, [launcher, ...command], {
        env,
        reject: false,
        all: true,
        stdin: "ignore",
      });
      expect(all).not.toContain("\u001b");
      expect(all.length).toBeGreaterThan(0);
    }
  });

  it("answers an unknown flag with exit code 2 and one JSON document", async () => {
    const { exitCode, stdout, envelope } = await koma.run("devnet", "up", "--nonsense");
    expect(exitCode).toBe(2);
    expect(envelope).toMatchObject({
      ok: false,
      kind: "devnet.up",
      v: 1,
      error: { code: "KOMA_E_FLAG_UNKNOWN", exit: 2 },
    });
    expect(stdout.split("\n")).toHaveLength(1);
  });

  it("takes an order to misbehave that begins later, and refuses one that says nothing", async () => {
    const order = ["devnet", "fault", "behave", "validator-0", "sign-anything"];
    for (const extra of [
      ["--set", "size=1"],
      ["--at", "soon"],
    ]) {
      const { exitCode, envelope } = await koma.run(...order, ...extra);
      expect(exitCode).toBe(2);
      expect(envelope.error).toMatchObject({ code: "KOMA_E_ARGUMENT_INVALID", fix: [expect.any(String)] });
    }
    const fault = await koma.json<{ handle: string; at: string }>(...order, "--at", "1000000");
    expect(fault.at).toBe("1000000");
    expect(await koma.json("devnet", "fault", "list")).toMatchObject([{ handle: fault.handle, at: "1000000" }]);
    expect(await koma.json("devnet", "heal", fault.handle)).toEqual({ healed: [fault.handle] });
  });

  it("shares the machine with a second devnet, on other ports", async () => {
    const second = await koma.json<DevnetData>("devnet", "up", "--name", "second", "--validators", "1");
    const ports = (data: DevnetData) => [data.l1.rpcUrl, ...data.nodes.flatMap((node) => Object.values(node.ports))];
    expect(ports(second).filter((port) => ports(devnet).includes(port))).toEqual([]);
    expect(await koma.json<readonly { name: string }[]>("devnet", "list")).toHaveLength(2);
    const ambiguous = await koma.run("devnet", "env");
    expect(ambiguous).toMatchObject({ exitCode: 2, envelope: { error: { code: "KOMA_E_NETWORK_AMBIGUOUS" } } });

    const urls = [devnet, second].map((data) => data.chains[0]?.rpcUrl as string);
    const heights = await Promise.all(urls.map(async (url) => (await blockAt(url, "finalized")).number));
    await Promise.all(urls.map((url, i) => untilFinal(url, (heights[i] as number) + 2)));

    await koma.json("devnet", "down", "second", "--purge", "--yes");
    expect(await processesOf(second.dir)).toEqual([]);
    expect(existsSync(second.dir)).toBe(false);
    await untilFinal(urls[0] as string, (heights[0] as number) + 3);
  });

  it("goes on after down and up with heights and balances it had", async () => {
    const url = devnet.chains[0]?.rpcUrl as string;
    const stranger = parseAddress(`0x${"5a".repeat(20)}`);
    const client = await openChainClient(url);
    const hash = await client.send({ to: stranger, value: 123_456_789n }, testKeys.alice);
    const receipt = await client.waitForReceipt(hash, AbortSignal.timeout(60_000));
    const before = await untilFinal(url, Number(receipt.blockNumber));
    const watch = watchStatus(koma.home);
    await eventually("a block's confidence", async () => /"confidence":0\.[0-9]/.test(watch.told()), 30_000);

    const down = await koma.json<{ stopped: string[]; killed: string[] }>("devnet", "down");
    expect(down).toMatchObject({ stopped: devnet.nodes.map(({ name }) => name), killed: [] });
    expect(await processesOf(devnet.dir)).toEqual([]);
    expect(await koma.json("devnet", "down", "default")).toMatchObject({ stopped: [], killed: [] });
    expect(await watch.ended).toBe(0);
    expectDocumented(watch.told());
    const lines = watch.told().trimEnd().split("\n");
    expect(lines.at(-1)).toBe('{"kind":"end","data":{"reason":"done"}}');
    expect(JSON.parse(lines.at(-2) ?? "")).toMatchObject({ kind: "devnet.status", data: { status: "stopped" } });

    const resumed = await koma.json<DevnetData>("devnet", "up");
    expect(resumed.started).toBe(true);
    expect(resumed.finalized).toBeGreaterThanOrEqual(before.number);
    for (const { rpcUrl } of resumed.nodes) {
      await untilFinal(rpcUrl, before.number);
      expect(await blockAt(rpcUrl, before.number)).toEqual(before);
      expect(await balanceOf(rpcUrl, stranger)).toBe(123_456_789n);
    }
    await untilFinal(resumed.nodes[0]?.rpcUrl as string, resumed.finalized + 2);
    devnet = resumed;
  });

  it("dies with its supervisor, and the next up goes on", async () => {
    const before = await blockAt(devnet.chains[0]?.rpcUrl as string, "finalized");
    process.kill(manifestOf(devnet).supervisor?.pid as number, "SIGKILL");
    await untilNothingRuns(devnet.dir);
    expect(await koma.json("devnet", "list")).toMatchObject([{ name: "default", status: "stopped" }]);

    devnet = await koma.json<DevnetData>("devnet", "up");
    expect(devnet.finalized).toBeGreaterThanOrEqual(before.number);
    for (const { rpcUrl } of devnet.nodes) {
      await untilFinal(rpcUrl, before.number + 1);
      expect((await blockAt(rpcUrl, before.number)).hash).toBe(before.hash);
    }
    await koma.json("devnet", "down", "--purge", "--yes");
    expect(await processesOf(koma.home)).toEqual([]);
  });
});

describe("devnet up", () => {
  it("names who holds a port that was asked for", async () => {
    const server = await listenSomewhere();
    try {
      const { port } = server.address() as { port: number };
      const { exitCode, envelope } = await koma.run("devnet", "up", "--name", "clash", "--set", `ports.base=${port}`);
      expect(exitCode).toBe(5);
      expect(envelope.error).toMatchObject({ code: "KOMA_E_PORT_TAKEN", details: { port, pid: process.pid } });
      expect(envelope.error?.message).toContain(String(process.pid));
      expect(await processesOf(join(koma.home, "devnets", "clash"))).toEqual([]);
    } finally {
      server.close();
    }
  });

  it("moves to other ports by itself when one is taken between planning and start", async () => {
    const lock = join(koma.home, "devnets", "moved", "network.lock.json");
    const up = koma.json<DevnetData>("devnet", "up", "--name", "moved", "--validators", "2");
    const server = createServer();
    try {
      // The plan is written, and the supervisor is not there yet: it is a process that has to start first.
      while (!existsSync(lock)) await new Promise((resolve) => setTimeout(resolve, 2));
      const planned = JSON.parse(readFileSync(lock, "utf8")) as { base: number; nodes: { ports: { p2p: number } }[] };
      const port = planned.nodes[1]?.ports.p2p as number;
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", resolve);
      });
      const moved = await up;
      expect(moved).toMatchObject({ name: "moved", status: "ready", started: true });
      expect(moved.nodes[1]?.ports.p2p).toBeGreaterThan(port);
      expect(((moved.nodes[1]?.ports.p2p as number) - port) % 1_000).toBe(0);
      await koma.json("devnet", "down", "moved", "--purge", "--yes");
    } finally {
      server.close();
      await up.catch(() => undefined);
    }
  });

  it("of two homes at once brings both up, from one network file", async () => {
    const neighbour = createKoma();
    try {
      const file = join(neighbour.home, "twins.yaml");
      const yaml = "version: 1\nname: twins\nnodes:\n  - { name: twin, count: 2, roles: [validator, producer] }\n";
      writeFileSync(file, yaml);
      const both = await Promise.all([koma, neighbour].map((one) => one.json<DevnetData>("devnet", "up", file)));
      const ports = both.map(({ l1, nodes }) => [
        l1.rpcUrl,
        ...nodes.flatMap((node) => [node.ports.rpc, node.ports.p2p]),
      ]);
      expect(new Set(ports.flat()).size).toBe(10);
      for (const data of both) {
        expect(data).toMatchObject({ name: "twins", status: "ready" });
        await untilFinal(data.chains[0]?.rpcUrl as string, data.finalized + 2);
      }
      await koma.json("devnet", "down", "twins", "--purge", "--yes");
    } finally {
      await neighbour.dispose();
    }
  });

  // Each stage is one that `up` shows as begun; Ctrl-C comes as soon as it is seen.
  it.each(["plan", "l1", "stake", "nodes"])("interrupted during %s leaves nothing behind", async (stage) => {
    const name = `stopped-${stage}`;
    const dir = join(koma.home, "devnets", name);
    const up = execa(process.execPath, [launcher, "devnet", "up", "--name", name, "--validators", "2"], {
      env: { KOMA_HOME: koma.home, CI: "true", NO_COLOR: "1" },
      reject: false,
      all: true,
      stdin: "ignore",
    });
    const began = eventually(`up to begin ${stage}`, async () => hasBegun(dir, stage), 60_000);
    await Promise.race([began, up.then((ended) => Promise.reject(new Error(`up ended early: ${ended.all}`)))]);
    up.kill("SIGINT");
    const ended = await up;
    expect(ended.exitCode, ended.all).toBe(130);
    expect(ended.all).toContain("stopping");
    expect(await processesOf(dir)).toEqual([]);

    const again = await koma.json<DevnetData>("devnet", "up", "--name", name);
    expect(again).toMatchObject({ name, status: "ready", started: true });
    expect(again.nodes).toHaveLength(2);
    await koma.json("devnet", "down", name, "--purge", "--yes");
  });
});

/** Reads from the devnet's files how far `up` has come. */
function hasBegun(dir: string, stage: string): boolean {
  if (stage === "plan") return existsSync(join(dir, "network.lock.json"));
  if (stage === "l1") return existsSync(join(dir, "l1", "anvil.log"));
  const journal = join(dir, "events.ndjson");
  const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
  return stage === "stake" ? text.includes('"name":"l1"') : text.includes('"name":"stake"');
}

function listenSomewhere(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => resolve(server));
  });
}
