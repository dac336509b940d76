import { KomaError } from "../src/errors.ts";
import type { RpcClient } from "../src/rpc/index.ts";
import { lookAtBlocks, type RecentBlock } from "./recent-blocks.ts";
import { pause } from "./supervisor/wait-until.ts";

/** The newest blocks as one node sees them; `seenBy` is its name, null when no node could be asked. */
export interface BlocksSeen {
  readonly seenBy: string | null;
  readonly blocks: readonly RecentBlock[];
}

export const NO_BLOCKS: BlocksSeen = { seenBy: null, blocks: [] };

export interface Endpoint {
  readonly name: string;
  readonly rpcUrl: string;
}

export interface BlockFeedOptions {
  /** The nodes that are well now. */
  readonly endpoints: () => readonly Endpoint[];
  readonly nameOf: (address: string) => string;
  readonly signal: AbortSignal;
  /** What was seen before, by an earlier feed. */
  readonly known?: BlocksSeen;
  /** For tests; default {@link LOOK_MS}. */
  readonly lookMs?: number;
}

/** Between two looks: confidence rises in steps of a round, a few of them per second at most. */
const LOOK_MS = 400;

/** A node that is away for longer is not worth waiting for: the next one is asked. */
export const ANSWER_MS = 2_000;

/**
 * Asks one node for its newest blocks, again and again: at most two requests in {@link LOOK_MS}, one at a time. Stays
 * with that node while it answers and is well, and goes to the next one when it does not.
 *
 * @param show  called when something changed
 */
export async function followBlocks(options: BlockFeedOptions, show: (seen: BlocksSeen) => void): Promise<void> {
  const { createRpcClient } = await import("../src/rpc/index.ts");
  const { signal, nameOf } = options;
  let seen = options.known ?? NO_BLOCKS;
  let asked: { readonly endpoint: Endpoint; readonly rpc: RpcClient } | undefined;
  while (!signal.aborted) {
    const endpoint = chooseEndpoint(options.endpoints(), asked?.endpoint);
    if (endpoint && endpoint.rpcUrl !== asked?.endpoint.rpcUrl) {
      asked = { endpoint, rpc: createRpcClient(endpoint.rpcUrl, { timeoutMs: ANSWER_MS }) };
    }
    let next: BlocksSeen = { ...seen, seenBy: null };
    if (endpoint && asked) {
      try {
        next = { seenBy: endpoint.name, blocks: await lookAtBlocks(asked.rpc, seen.blocks, { nameOf, signal }) };
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof KomaError)) throw error;
        const others = options.endpoints().filter(({ name }) => name !== endpoint.name);
        const after = others.find(({ name }) => name > endpoint.name) ?? others[0];
        if (after) asked = { endpoint: after, rpc: createRpcClient(after.rpcUrl, { timeoutMs: ANSWER_MS }) };
      }
    }
    if (JSON.stringify(next) !== JSON.stringify(seen)) {
      seen = next;
      show(seen);
    }
    try {
      await pause(options.lookMs ?? LOOK_MS, signal);
    } catch {
      return; // the one who watches has left
    }
  }
}

/** The one that was asked before, as long as it is among them; else the first. */
function chooseEndpoint(endpoints: readonly Endpoint[], before: Endpoint | undefined): Endpoint | undefined {
  return endpoints.find(({ name }) => name === before?.name) ?? endpoints[0];
}
