import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { createRpcClient, type RpcClient } from "../src/rpc/index.ts";
import { koma, type RunningDevnet, withHome } from "./devnet.ts";
import { processCost } from "./machine.ts";
import { median, sum } from "./statistics.ts";

export interface StartupSample {
  /** From the start of the command, in ms, to … */
  readonly answerMs: number;
  /** Of the last node. */
  readonly allAnswerMs: number;
  readonly blockMs: number;
  readonly finalMs: number;
  /** … its end. */
  readonly upMs: number;
  /** From the start of the command to the first checkpoint that is final on the root chain; only where it was waited for. */
  readonly checkpointMs: number | undefined;
  readonly downMs: number;
  readonly pssMib: number;
  /** CPU seconds of all nodes up to then. */
  readonly cpuS: number;
}

const POLL_MS = 10;
const CHECKPOINT_POLL_MS = 250;
const LIMIT_MS = 120_000;

/**
 * A devnet of its own, from `koma devnet up` to its first final block, and down again.
 *
 * @param checkpoint  wait for the first final checkpoint, too
 */
export function measureStartup(validators: number, checkpoint = false): Promise<StartupSample> {
  return withHome(async (home) => {
    const begin = performance.now();
    const since = () => performance.now() - begin;
    const up = koma<RunningDevnet>(home, "devnet", "up", "--validators", String(validators));
    // Polling sees a failure too: whichever comes first ends the race.
    const failed = up.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => Promise.reject(error),
    );
    const everybody = Array.from({ length: validators }, async (_, i) => {
      await answering(home, i);
      return since();
    });
    const watch = async () => {
      const rpc = await answering(home, 0);
      const answerMs = since();
      await reached(rpc, "latest");
      const blockMs = since();
      await reached(rpc, "finalized");
      const finalMs = since();
      return { answerMs, blockMs, finalMs, allAnswerMs: Math.max(...(await Promise.all(everybody))) };
    };
    const times = await Promise.race([watch(), failed]);
    const devnet = await up;
    const upMs = since();
    const costs = devnet.nodes.map(({ pid }) => processCost(pid));
    const checkpointMs = checkpoint ? await finalCheckpoint(home).then(since) : undefined;
    const downFrom = performance.now();
    await koma(home, "devnet", "down", "--all");
    return {
      ...times,
      upMs,
      checkpointMs,
      downMs: performance.now() - downFrom,
      pssMib: median(costs.map((cost) => cost.pssMib)),
      cpuS: sum(costs.map((cost) => cost.cpuS)),
    };
  });
}

async function finalCheckpoint(home: string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const listed = await koma<readonly { readonly state: string }[]>(home, "checkpoint", "list");
    if (listed.some(({ state }) => state === "final")) return;
    await after(CHECKPOINT_POLL_MS);
  }
  throw new Error("no checkpoint became final in time");
}

/** A node's endpoint, as soon as it answers; where it is stands in the node's config file. */
async function answering(home: string, index: number): Promise<RpcClient> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const url = endpointOf(home, index);
    if (url !== undefined) {
      const rpc = createRpcClient(url);
      if ((await rpc.request("eth_chainId").catch(() => undefined)) !== undefined) return rpc;
    }
    await after(POLL_MS);
  }
  throw new Error(`node ${index} did not answer in time`);
}

function endpointOf(home: string, index: number): string | undefined {
  try {
    const devnets = join(home, "devnets");
    const nodes = join(devnets, readdirSync(devnets)[0] ?? "", "nodes");
    const file = join(nodes, readdirSync(nodes).sort()[index] ?? "", "config.json");
    const { rpc } = JSON.parse(readFileSync(file, "utf8")) as { rpc: { host: string; port: number } };
    return `http://${rpc.host}:${rpc.port}`;
  } catch {
    // Not written yet.
    return undefined;
  }
}

async function reached(rpc: RpcClient, tag: "latest" | "finalized"): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const block = await rpc.request<{ number: string } | null>("eth_getBlockByNumber", [tag, false]);
    if (block && BigInt(block.number) >= 1n) return;
    await after(POLL_MS);
  }
  throw new Error(`no ${tag} block in time`);
}
