import type { Hash, Hex } from "../src/primitives/index.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import type { Target } from "./target.ts";

/** When blocks, and the transactions in them, reached a client. Times are those of `performance.now()`. */
export interface BlockWatch {
  /** First block that a transaction was seen in; empty where the answer says it. */
  readonly includedAt: ReadonlyMap<Hash, number>;
  /** When that client heard of finality at a third of the stake. */
  readonly finalAt: ReadonlyMap<Hash, number>;
  /** Arrival of every new head. */
  readonly heads: readonly number[];
  /** Height and arrival of every final block. */
  readonly finals: readonly { readonly number: bigint; readonly at: number }[];
  /** Drops a transaction from both, so that a long run does not keep all of them. */
  forget(hash: Hash): void;
  /** Something went wrong while watching; a run with it counts for nothing. */
  readonly failure: () => Error | undefined;
  close(): Promise<void>;
}

interface Head {
  readonly hash: Hash;
  readonly number: Hex;
}

export async function watchBlocks(target: Target): Promise<BlockWatch> {
  const rpc = createRpcClient(target.url);
  const includedAt = new Map<Hash, number>();
  const finalAt = new Map<Hash, number>();
  const heads: number[] = [];
  const finals: { number: bigint; at: number }[] = [];
  let failure: Error | undefined;

  async function note(block: Hash, at: number, times: Map<Hash, number>): Promise<void> {
    const found = await rpc.request<{ transactions: readonly Hash[] } | null>("eth_getBlockByHash", [block, false]);
    if (!found) throw new Error(`${target.name} announced block ${block} and does not have it`);
    for (const hash of found.transactions) if (!times.has(hash)) times.set(hash, at);
  }
  const fail = (error: unknown) => {
    failure ??= error instanceof Error ? error : new Error(String(error));
  };

  const onHead = (head: unknown) => {
    const at = performance.now();
    heads.push(at);
    note((head as Head).hash, at, includedAt).catch(fail);
  };
  // Where every transaction has a block of its own, asking for each of them would be most of the load.
  if (!target.minesOnSend) await rpc.subscribe("eth", ["newHeads"], onHead, fail);
  if (target.hasFinality) {
    await rpc.subscribe("koma", ["finality", { alpha: 1 / 3 }], (block) => {
      const at = performance.now();
      finals.push({ number: BigInt((block as Head).number), at });
      note((block as Head).hash, at, finalAt).catch(fail);
    });
  }
  const forget = (hash: Hash) => {
    includedAt.delete(hash);
    finalAt.delete(hash);
  };
  return { includedAt, finalAt, heads, finals, forget, failure: () => failure, close: () => rpc.close() };
}
