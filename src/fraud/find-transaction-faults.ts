import {
  type BlockHeader,
  checkTransactionLimits,
  describeTxFormatRejection,
  type Transaction,
} from "../chain/index.ts";
import type { Scan } from "./find-faults.ts";

/** A transaction that no valid block holds. */
export interface TransactionFault {
  readonly type: "bad-transaction";
  readonly block: bigint;
  readonly index: number;
  readonly reason: string;
}

/**
 * Transactions that break a rule which needs no state. Bytes that are no transaction at all never get here: no node can
 * pass such a block on.
 */
export function findTransactionFaults({ blocks, checkpoint }: Scan): readonly TransactionFault[] {
  return blocks.flatMap(({ block }): readonly TransactionFault[] => {
    const { number } = block.header;
    if (number < checkpoint.start || number > checkpoint.end) return [];
    return block.transactions.flatMap((transaction, index) => {
      const reason = faultOfTransaction(transaction, block.header);
      return reason === undefined ? [] : [{ type: "bad-transaction", block: number, index, reason }];
    });
  });
}

/**
 * Why a transaction that can be read is not valid in its block; undefined for one that may be. The twin of kind 8.
 *
 * @param header undefined when it is not at hand: what needs it is not looked at
 * @see KOMA root contracts 10.11
 */
export function faultOfTransaction(
  transaction: Transaction,
  header: Pick<BlockHeader, "gasLimit" | "baseFeePerGas"> | undefined,
): string | undefined {
  const broken = checkTransactionLimits(transaction);
  if (broken) return describeTxFormatRejection(broken);
  if (!header) return undefined;
  if (transaction.gasLimit > header.gasLimit) return `its gas limit ${transaction.gasLimit} is above the block's`;
  if (transaction.maxFeePerGas >= header.baseFeePerGas) return undefined;
  return `its fee cap ${transaction.maxFeePerGas} is below the block's base fee ${header.baseFeePerGas}`;
}
