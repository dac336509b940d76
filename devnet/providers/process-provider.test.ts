import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { identifyProcess, isRunning, openHome, type ProcessIdentity } from "../../src/cli/index.ts";
import { serializeNodeConfigFile } from "../node-side.ts";
import { devnetPaths } from "../paths.ts";
import type { PlannedNode } from "../plan.ts";
import { findLeftovers } from "./leftovers.ts";
import { createProcessProvider } from "./process-provider.ts";
import type { NodeHandle, Provider } from "./provider.ts";

const scriptedNode = fileURLToPath(new URL("../../test/support/scripted-node.ts", import.meta.url));
const node = { name: "validator-0" } as PlannedNode;

let root: string;
let dir: string;
let provider: Provider;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "koma-provider-"));
  dir = openHome(root).devnet("trial");
  provider = createProcessProvider({ dir, nodeCommand: [process.execPath, scriptedNode] });
});

afterEach(async () => {
  await provider.coolDown();
  expect(findLeftovers(dir)).toEqual([]);
  rmSync(root, { recursive: true, force: true });
});

/** What a node reads when it begins, and not before: it is written after the process has been started. */
function writeConfig(): void {
  const at = devnetPaths(dir).node(node.name);
  mkdirSync(at.data, { recursive: true });
  const config = {
    version: 1 as const,
    name: node.name,
    genesis: "genesis.json",
    dataDir: "data",
    rpc: { host: "127.0.0.1", port: 1 },
    p2p: { host: "127.0.0.1", port: 2, peers: [], identityKeyFile: "p2p" },
    rootChain: { url: "http://127.0.0.1:3" },
    devnet: true,
    log: { file: "log", level: "info" as const },
    thresholds: [1 / 3],
  };
  writeFileSync(at.config, serializeNodeConfigFile(config));
}

function ready(handle: NodeHandle): Promise<void> {
  return new Promise((resolve, reject) => {
    handle.onMessage(({ type }) => type === "ready" && resolve());
    handle.onExit((exit) => reject(new Error(`ended before it was ready: ${JSON.stringify(exit)}`)));
  });
}

/** @returns its process id */
async function warmProcess(): Promise<number> {
  provider.warmUp(node);
  await expect.poll(() => findLeftovers(dir).length, { timeout: 5_000 }).toBe(1);
  return findLeftovers(dir)[0]?.pid as number;
}

it("starts a node as the process that was warmed up for it", async () => {
  const pid = await warmProcess();
  writeConfig();
  const handle = await provider.start(node);
  expect(handle.process.pid).toBe(pid);
  await ready(handle);
  await handle.kill();
});

it("starts a node anew when the process that was warmed up has ended", async () => {
  const pid = await warmProcess();
  const identity = identifyProcess(pid) as ProcessIdentity;
  process.kill(pid, "SIGKILL");
  // Until it is no zombie any more either.
  await expect.poll(() => isRunning(identity), { timeout: 5_000, interval: 1 }).toBe(false);
  writeConfig();
  const handle = await provider.start(node);
  expect(handle.process.pid).not.toBe(pid);
  await ready(handle);
  await handle.kill();
});

it("ends what was warmed up and never started", async () => {
  await warmProcess();
  await provider.coolDown();
  expect(findLeftovers(dir)).toEqual([]);
});
