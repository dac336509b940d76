import { KomaError } from "../src/errors.ts";
import { ANSWER_MS, type Endpoint } from "./block-feed.ts";
import type { RecentBlock } from "./recent-blocks.ts";

/** How busy a devnet is. */
export interface DevnetLoad {
  /** Transactions per second over the newest blocks; null before there are two. */
  readonly tps: number | null;
  /** Blocks that the head is ahead of the newest final one. */
  readonly finalityLag: number;
  /** One per node that could be asked. */
  readonly nodes: readonly NodeLoad[];
}

export interface NodeLoad {
  readonly name: string;
  /** Transactions of its pool that could be in the next block. */
  readonly pending: number;
  /** Those that wait for an earlier nonce. */
  readonly queued: number;
  /** Memory of its process, as the operating system counts it. */
  readonly memoryBytes: number;
}

export const NO_LOAD: DevnetLoad = { tps: null, finalityLag: 0, nodes: [] };

/** @param blocks  newest first, each the next one's child */
export function tpsOf(blocks: readonly RecentBlock[]): number | null {
  const [newest, oldest] = [blocks[0], blocks.at(-1)];
  if (newest === undefined || oldest === undefined || newest === oldest) return null;
  const seconds = (Date.parse(newest.time) - Date.parse(oldest.time)) / 1_000;
  // The oldest one's transactions came before the time that is looked at.
  const transactions = blocks.slice(0, -1).reduce((sum, { txs }) => sum + txs, 0);
  return seconds > 0 ? transactions / seconds : null;
}

/** Asks every node at once; one that does not answer in time is left out. */
export async function readNodeLoads(endpoints: readonly Endpoint[]): Promise<readonly NodeLoad[]> {
  const { createRpcClient } = await import("../src/rpc/index.ts");
  const answers = endpoints.map(async ({ name, rpcUrl }) => {
    try {
      return readLoad(name, await createRpcClient(rpcUrl, { timeoutMs: ANSWER_MS }).request("koma_status"));
    } catch (error) {
      if (!(error instanceof KomaError)) throw error;
      return undefined;
    }
  });
  return (await Promise.all(answers)).filter((load) => load !== undefined);
}

/** Undefined for an answer that tells nothing of it, as of a node of another version. */
function readLoad(name: string, status: unknown): NodeLoad | undefined {
  const { pool, memory } = (status ?? {}) as { readonly pool?: unknown; readonly memory?: unknown };
  const { pending, queued } = (pool ?? {}) as Record<string, unknown>;
  const { residentBytes } = (memory ?? {}) as Record<string, unknown>;
  if (typeof pending !== "number" || typeof queued !== "number" || typeof residentBytes !== "number") return undefined;
  return { name, pending, queued, memoryBytes: residentBytes };
}

/** In words, for a person. */
export function describeLoad({ tps, finalityLag, nodes }: DevnetLoad): readonly string[] {
  const pending = Math.max(0, ...nodes.map((node) => node.pending));
  const queued = Math.max(0, ...nodes.map((node) => node.queued));
  const memory = nodes.map(({ memoryBytes }) => Math.round(memoryBytes / 1e6));
  const [least, most] = [Math.min(...memory), Math.max(...memory)];
  return [
    ...(tps === null ? [] : [`${tps.toFixed(1)} tx/s`]),
    `finality ${finalityLag} ${finalityLag === 1 ? "block" : "blocks"} behind`,
    ...(nodes.length === 0 ? [] : [`pool ${pending} pending${queued > 0 ? `, ${queued} queued` : ""}`]),
    ...(nodes.length === 0 ? [] : [`memory ${least === most ? most : `${least} to ${most}`} MB a node`]),
  ];
}
