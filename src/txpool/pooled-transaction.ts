import { maxCost, type Transaction } from "../chain/index.ts";
import { bytesToHex, bytesToMapKey, keccak256, type Timestamp } from "../primitives/index.ts";

/** A transaction in the pool, with what its rules compare. */
export interface PooledTransaction {
  readonly tx: Transaction;
  /** Place in the order of admission: ties between fees go to who came first. */
  readonly arrival: number;
  readonly admittedAt: Timestamp;
  /** Wei reserved of the sender's balance. */
  readonly cost: bigint;
  /** Equal for transactions with the same outputs: recipient, value and data, in which a token's transfer stands. */
  readonly outputs: string;
  /** Equal for transactions alike in fee cap, tip, gas limit, recipient and called function. */
  readonly likeness: string;
}

export function poolTransaction(tx: Transaction, arrival: number, now: Timestamp): PooledTransaction {
  const to = tx.to ?? "create";
  const selector = bytesToHex(tx.data.subarray(0, 4));
  return {
    tx,
    arrival,
    admittedAt: now,
    cost: maxCost(tx),
    outputs: `${to}|${tx.value}|${tx.data.length === 0 ? "" : bytesToMapKey(keccak256(tx.data))}`,
    likeness: `${tx.maxFeePerGas}|${tx.maxPriorityFeePerGas}|${tx.gasLimit}|${to}|${selector}`,
  };
}
