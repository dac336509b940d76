import { type BlockHeader, bloomOf, type Receipt, type Transaction } from "../chain/index.ts";
import { type Address, equalBytes } from "../primitives/index.ts";
import { isForgedEvent } from "./event-shapes.ts";

/** No transaction uses less: what a refund gives back was paid for above the intrinsic gas (EIP-3529). */
const LEAST_GAS = 21_000n;

/** A receipt and what it is compared with. */
export interface ReceiptInPlace {
  readonly index: number;
  readonly transaction: Pick<Transaction, "type" | "gasLimit">;
  readonly receipt: Receipt;
  /** The receipt before it; undefined for the first, or when it is not at hand. */
  readonly previous: Receipt | undefined;
  /** Undefined when it is not at hand: what needs it is not looked at. */
  readonly header: Pick<BlockHeader, "gasLimit" | "gasUsed"> | undefined;
}

/**
 * Why no execution leaves this receipt, whatever the state; undefined for one that can be. The twin of kind 9.
 *
 * @param rootTokenOf root token that a contract of the chain stands for, undefined for contracts that are no child tokens
 * @see KOMA root contracts 10.12
 */
export function faultOfReceipt(
  { index, transaction, receipt, previous, header }: ReceiptInPlace,
  rootTokenOf: (child: Address) => Address | undefined,
): string | undefined {
  const { cumulativeGasUsed: gas, logs, status } = receipt;
  if (receipt.type !== transaction.type) return `its type is ${receipt.type}, its transaction's ${transaction.type}`;
  if (gas < LEAST_GAS * BigInt(index + 1)) return `${gas} gas are too little for ${index + 1} transactions`;
  const before = index === 0 ? 0n : previous?.cumulativeGasUsed;
  if (before !== undefined && gas < before + LEAST_GAS) return `its transaction used only ${gas - before} gas`;
  if (before !== undefined && gas - before > transaction.gasLimit) {
    return `its transaction used ${gas - before} gas of ${transaction.gasLimit}`;
  }
  if (header && (gas > header.gasLimit || gas > header.gasUsed)) return "it uses more gas than its block";
  if (status === 0 && logs.length > 0) return "it failed and has logs";
  const forged = logs.findIndex((log) => isForgedEvent(log, rootTokenOf(log.address) !== undefined));
  if (forged >= 0) return `log ${forged} is none that the contract ${logs[forged]?.address} emits`;
  return equalBytes(bloomOf(logs), receipt.logsBloom) ? undefined : "its bloom is not that of its logs";
}
