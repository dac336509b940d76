import type { Address, Hash, Hex } from "../primitives/index.ts";
import type { ChainClient } from "../rpc/index.ts";

/** A log of a KOMA chain with its place. */
export interface FoundLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
  readonly block: bigint;
  readonly transaction: Hash;
}

export interface LogSearch {
  readonly address?: Address;
  readonly topics: readonly (Hash | null)[];
}

/** Most blocks that a node searches in one request. */
const WINDOW = 10_000n;

/** The newest log that matches, searched from the head backwards; undefined when the chain has none. */
export async function findNewestLog(chain: ChainClient, search: LogSearch): Promise<FoundLog | undefined> {
  for (let to = await chain.blockNumber(); to >= 0n; to -= WINDOW) {
    const from = to >= WINDOW ? to - WINDOW + 1n : 0n;
    const logs = await chain.rpc.request<readonly JsonLog[]>("eth_getLogs", [
      { fromBlock: from, toBlock: to, topics: search.topics, ...(search.address ? { address: search.address } : {}) },
    ]);
    const newest = logs.at(-1);
    if (newest) {
      const { address, topics, data, blockNumber, transactionHash } = newest;
      return { address, topics, data, block: BigInt(blockNumber), transaction: transactionHash };
    }
  }
  return undefined;
}

interface JsonLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly transactionHash: Hash;
}
