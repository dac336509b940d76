import { setTimeout as after } from "node:timers/promises";
import type { Hash, Hex } from "../src/primitives/index.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { BATCH } from "./sending.ts";
import type { Target } from "./target.ts";
import type { SignedTransaction } from "./workload.ts";

/** What a load came to. */
export interface Outcome {
  /** Blocks that its transactions are in. */
  readonly blocks: number;
  readonly gasUsed: bigint;
}

const SETTLE_MS = 120_000;

/** No figure counts unless every transaction succeeded and all nodes hold the same chain. */
export async function checkOutcome(target: Target, load: readonly SignedTransaction[]): Promise<Outcome> {
  const rpc = createRpcClient(target.url);
  const blocks = new Set<bigint>();
  let gasUsed = 0n;
  for (let i = 0; i < load.length; i += BATCH) {
    const calls = load.slice(i, i + BATCH).map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    for (const outcome of await rpc.batch(calls)) {
      if (!outcome.ok) throw outcome.error;
      const receipt = outcome.result as {
        status: Hex;
        blockNumber: Hex;
        gasUsed: Hex;
        transactionHash: Hash;
      } | null;
      if (receipt?.status !== "0x1") throw new Error(`${target.name}: ${receipt?.transactionHash} did not succeed`);
      blocks.add(BigInt(receipt.blockNumber));
      gasUsed += BigInt(receipt.gasUsed);
    }
  }
  const height = [...blocks].reduce((highest, number) => (number > highest ? number : highest), 0n);
  await sameBlock(target, height);
  return { blocks: blocks.size, gasUsed };
}

/** @throws {Error} when nodes hold different blocks at a height, or one of them does not reach it */
async function sameBlock(target: Target, height: bigint): Promise<void> {
  const at = `0x${height.toString(16)}`;
  const hashes = new Set<string>();
  for (const url of target.urls) {
    // A node may be a block behind the one that was watched.
    const node = createRpcClient(url);
    const end = performance.now() + SETTLE_MS;
    for (;;) {
      const block = await node.request<{ hash: Hash } | null>("eth_getBlockByNumber", [at, false]);
      if (block) {
        hashes.add(block.hash);
        break;
      }
      if (performance.now() > end) throw new Error(`${url} does not reach block ${height}`);
      await after(50);
    }
  }
  if (hashes.size !== 1) throw new Error(`${target.name}: nodes differ at block ${height}: ${[...hashes].join(", ")}`);
}
