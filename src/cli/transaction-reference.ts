import { UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import type { ChainClient } from "../rpc/index.ts";

/** Blocks asked about in one message, and how many of them at most, when the newest transaction is looked for. */
const BATCH = 100n;
const MAX_BACK = 10_000n;

/**
 * The transaction that a person means: its hash, or `latest` for the newest one of the chain.
 *
 * @throws {UserError} KOMA_E_HASH_MALFORMED, KOMA_E_TX_NOT_FOUND when there is no newest one
 */
export async function resolveTransaction(chain: ChainClient, text: string): Promise<Hash> {
  const { parseHash } = await import("../primitives/index.ts");
  if (text !== "latest") return parseHash(text);
  const head = await chain.blockNumber();
  for (let to = head; to >= 0n && to > head - MAX_BACK; to -= BATCH) {
    const numbers = Array.from({ length: Number(BATCH) }, (_, back) => to - BigInt(back)).filter((n) => n >= 0n);
    const counts = await chain.rpc.batch(
      numbers.map((number) => ({ method: "eth_getBlockTransactionCountByNumber", params: [number] })),
    );
    const index = counts.findIndex((count) => count.ok && Number(count.result ?? 0) > 0);
    const block = numbers[index];
    if (block === undefined) continue;
    const found = await chain.rpc.request<{ readonly transactions: readonly Hash[] } | null>("eth_getBlockByNumber", [
      block,
      false,
    ]);
    const hash = found?.transactions.at(-1);
    if (hash) return hash;
  }
  throw new UserError("KOMA_E_TX_NOT_FOUND", "There is no transaction among the newest blocks.", {
    facts: { head },
    fix: ["koma tx send --to bob --value 1"],
  });
}

/** Where a transaction stands in the chain. */
export interface PlacedTransaction {
  readonly hash: Hash;
  readonly block: bigint;
  readonly index: number;
}

/** @throws {UserError} KOMA_E_TX_NOT_FOUND while it is in no block */
export async function placeOf(chain: ChainClient, text: string): Promise<PlacedTransaction> {
  const hash = await resolveTransaction(chain, text);
  const receipt = await chain.receipt(hash);
  if (!receipt) throw unknownTransaction(hash);
  return { hash, block: receipt.blockNumber, index: receipt.transactionIndex };
}

export function unknownTransaction(hash: Hash): UserError {
  return new UserError("KOMA_E_TX_NOT_FOUND", `Transaction ${hash} is in no block that the node knows.`, {
    facts: { transaction: hash },
    fix: [`koma tx wait ${hash}`, `koma tx pool --why ${hash}`],
  });
}
