import {
  type Block,
  decodeReceipt,
  encodeReceipt,
  type Log,
  orderedKey,
  orderedTrie,
  type Receipt,
  readTransaction,
  type Transaction,
} from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { accept, type Bytes, type Check, type Hash, type Hex, hexToBytes, isHex, reject } from "../primitives/index.ts";
import { type BlockProof, type CheckpointRange, verifyBlockProof } from "./block-proof.ts";
import type { ProofRejection } from "./proof-rejection.ts";
import { listItemAt, nodesToHex } from "./trie-proof.ts";

/** `TxProof` of the root contracts: a transaction in a block. */
export interface TxProof {
  readonly b: BlockProof;
  readonly txIndex: number;
  /** Trie nodes, root first. */
  readonly txNodes: readonly Hex[];
}

/** `LogProof` of the root contracts: one log of a receipt in a block. */
export interface LogProof {
  readonly b: BlockProof;
  readonly txIndex: number;
  /** Place of the log in its receipt, not in the block. */
  readonly logIndex: number;
  readonly receiptNodes: readonly Hex[];
}

/** `TxReceipt` of the root contracts: a transaction with its receipt. */
export interface TxReceipt {
  readonly b: BlockProof;
  readonly txIndex: number;
  readonly txNodes: readonly Hex[];
  readonly receiptNodes: readonly Hex[];
}

/**
 * Trie nodes of transaction `index` under the block's transactionsRoot.
 *
 * @throws {BugError} when the block has no such transaction
 */
export function proveTransaction(block: Pick<Block, "transactions">, index: number): readonly Hex[] {
  return proveItem(
    block.transactions.map((tx) => tx.raw),
    index,
  );
}

/**
 * Trie nodes of receipt `index` under the block's receiptsRoot.
 *
 * @throws {BugError} when there is no such receipt
 */
export function proveReceipt(receipts: readonly Receipt[], index: number): readonly Hex[] {
  return proveItem(receipts.map(encodeReceipt), index);
}

function proveItem(items: readonly Bytes[], index: number): readonly Hex[] {
  if (items[index] === undefined) throw new BugError(`item ${index} of ${items.length} does not exist`);
  return nodesToHex(orderedTrie(items).prove(orderedKey(index)));
}

export function createTxProof(b: BlockProof, block: Pick<Block, "transactions">, txIndex: number): TxProof {
  return { b, txIndex, txNodes: proveTransaction(block, txIndex) };
}

/** @throws {BugError} when the receipt has no such log */
export function proveLog(b: BlockProof, receipts: readonly Receipt[], txIndex: number, logIndex: number): LogProof {
  const logs = receipts[txIndex]?.logs.length ?? 0;
  if (logIndex >= logs) throw new BugError(`log ${logIndex} of ${logs} in receipt ${txIndex} does not exist`);
  return { b, txIndex, logIndex, receiptNodes: proveReceipt(receipts, txIndex) };
}

export function createTxReceipt(
  b: BlockProof,
  block: Pick<Block, "transactions">,
  receipts: readonly Receipt[],
  txIndex: number,
): TxReceipt {
  return { b, txIndex, txNodes: proveTransaction(block, txIndex), receiptNodes: proveReceipt(receipts, txIndex) };
}

/** Place in a chain's history as one number: block, transaction, log (proof rule P8). */
export function positionOf(number: bigint, txIndex: number, logIndex = 0): bigint {
  return (number << 64n) | (BigInt(txIndex) << 32n) | BigInt(logIndex);
}

/** Bytes of the transaction; whether they are a sound one is another question (proof rules P1 to P4). */
export function verifyTransactionProof(proof: TxProof, checkpoint: CheckpointRange): Check<Bytes, ProofRejection> {
  const block = verifyBlockProof(proof.b, checkpoint);
  return block.ok ? itemAt(proof.b.txRoot, proof.txIndex, proof.txNodes) : block;
}

/** Bytes of the receipt (proof rules P1 to P4). */
export function verifyReceiptProof(
  proof: Pick<LogProof, "b" | "txIndex" | "receiptNodes">,
  checkpoint: CheckpointRange,
): Check<Bytes, ProofRejection> {
  const block = verifyBlockProof(proof.b, checkpoint);
  return block.ok ? itemAt(proof.b.receiptsRoot, proof.txIndex, proof.receiptNodes) : block;
}

/** The log and the receipt it stands in (proof rules P1 to P6). */
export function verifyLogProof(
  proof: LogProof,
  checkpoint: CheckpointRange,
): Check<{ readonly log: Log; readonly receipt: Receipt }, ProofRejection> {
  const raw = verifyReceiptProof(proof, checkpoint);
  if (!raw.ok) return raw;
  const receipt = decodeReceipt(raw.value);
  if (!receipt.ok) return reject({ code: "NonCanonicalRLP", reason: receipt.rejection.reason });
  const log = receipt.value.logs[proof.logIndex];
  if (log === undefined) {
    return reject({ code: "NoSuchLog", logIndex: proof.logIndex, count: receipt.value.logs.length });
  }
  return accept({ log, receipt: receipt.value });
}

/** Transaction and receipt at one place, both well formed and of one type (proof rules P1 to P7). */
export function verifyTxReceipt(
  proof: TxReceipt,
  checkpoint: CheckpointRange,
): Check<{ readonly transaction: Transaction; readonly receipt: Receipt }, ProofRejection> {
  const rawTransaction = verifyTransactionProof(proof, checkpoint);
  if (!rawTransaction.ok) return rawTransaction;
  const rawReceipt = itemAt(proof.b.receiptsRoot, proof.txIndex, proof.receiptNodes);
  if (!rawReceipt.ok) return rawReceipt;
  const transaction = readTransaction(rawTransaction.value, proof.b.chainId);
  if (!transaction.ok) return reject({ code: "BadTransaction", rejection: transaction.rejection });
  const receipt = decodeReceipt(rawReceipt.value);
  if (!receipt.ok) return reject({ code: "NonCanonicalRLP", reason: receipt.rejection.reason });
  const types = { transaction: transaction.value.type, receipt: receipt.value.type };
  if (types.transaction !== types.receipt) return reject({ code: "TypeMismatch", ...types });
  return accept({ transaction: transaction.value, receipt: receipt.value });
}

/** Index of a 32-bit field of the contracts' structs. */
const MAX_INDEX = 0xffff_ffff;

function itemAt(root: Hash, index: number, nodes: readonly Hex[]): Check<Bytes, ProofRejection> {
  if (!Number.isInteger(index) || index < 0 || index > MAX_INDEX) return reject({ code: "BadTrieProof", fault: "Key" });
  // A proof may come from a file or a peer: what is not hex is no node.
  if (!nodes.every(isHex)) return reject({ code: "BadTrieProof", fault: "Malformed" });
  return listItemAt(root, index, nodes.map(hexToBytes));
}
