import { maxCost, type Transaction } from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  bytesToBigint,
  bytesToHex,
  bytesToMapKey,
  keccak256,
  type Timestamp,
  utf8,
} from "../primitives/index.ts";

/** A transaction in the pool, with what its rules compare. */
export interface PooledTransaction {
  readonly tx: Transaction;
  /** Place in the order of admission: ties between fees go to who came first. */
  readonly arrival: number;
  readonly admittedAt: Timestamp;
  /** Wei reserved of the sender's balance. */
  readonly cost: bigint;
  /** What it takes of a token, when it is a plain `transfer` of one. */
  readonly transfer: TokenTransfer | undefined;
  /** Equal for transactions with the same outputs: recipient, value and data, in which a token's transfer stands. */
  readonly outputs: string;
  /** Equal for transactions alike in fee cap, tip, gas limit, recipient and called function. */
  readonly likeness: string;
}

/** A call `transfer(address,uint256)`. */
export interface TokenTransfer {
  readonly token: Address;
  readonly amount: bigint;
  /** What the sender has less afterwards: nothing, when it is the recipient. */
  readonly spent: bigint;
}

/** True for what the pool cannot read: it may do anything with the sender's tokens. */
export function isOpaque({ tx, transfer }: Pick<PooledTransaction, "tx" | "transfer">): boolean {
  return transfer === undefined && (tx.to === undefined || tx.data.length > 0);
}

const TRANSFER_SELECTOR = bytesToHex(keccak256(utf8("transfer(address,uint256)")).subarray(0, 4));
/** Selector, recipient, amount; what follows them is nobody's business. */
const TRANSFER_CALL = 68;

function readTransfer({ to, data, value, sender }: Transaction): TokenTransfer | undefined {
  if (to === undefined || value !== 0n || data.length < TRANSFER_CALL) return undefined;
  if (bytesToHex(data.subarray(0, 4)) !== TRANSFER_SELECTOR) return undefined;
  const amount = bytesToBigint(data.subarray(36, 68));
  const toItself = addressFromBytes(data.subarray(16, 36)) === sender;
  return { token: to, amount, spent: toItself ? 0n : amount };
}

export function poolTransaction(tx: Transaction, arrival: number, now: Timestamp): PooledTransaction {
  const to = recipientOf(tx);
  const selector = bytesToHex(tx.data.subarray(0, 4));
  return {
    tx,
    arrival,
    admittedAt: now,
    cost: maxCost(tx),
    transfer: readTransfer(tx),
    outputs: outputsOf(tx),
    likeness: `${tx.maxFeePerGas}|${tx.maxPriorityFeePerGas}|${tx.gasLimit}|${to}|${selector}`,
  };
}

/** Equal for transactions with the same outputs: recipient, value and data. */
export function outputsOf(tx: Transaction): string {
  return `${recipientOf(tx)}|${tx.value}|${tx.data.length === 0 ? "" : bytesToMapKey(keccak256(tx.data))}`;
}

function recipientOf({ to }: Transaction): string {
  return to ?? "create";
}
