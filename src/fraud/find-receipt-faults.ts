import { type Log, type Receipt, readBalanceLog, type Transaction } from "../chain/index.ts";
import type { ArchivedBlock } from "../checkpoint/index.ts";
import type { Address } from "../primitives/index.ts";
import { faultOfBalances } from "./balance-log.ts";
import type { Position, Scan } from "./find-faults.ts";
import { faultOfReceipt } from "./receipt-rules.ts";
import { faultOfTransferCall } from "./transfer-rules.ts";

/** A receipt that no execution leaves. */
export interface BadReceiptFault {
  readonly type: "bad-receipt";
  readonly block: bigint;
  readonly index: number;
  readonly reason: string;
}

/** A token transfer whose logs are not those of the call. */
export interface WrongTransferFault {
  readonly type: "erc20-transfer";
  readonly block: bigint;
  readonly index: number;
  readonly token: Address;
  readonly reason: string;
  /** An earlier log of the token, where its existence has to be shown. */
  readonly earlier: (Position & { readonly log: number }) | undefined;
}

/** A token's log with impossible balances. */
export interface ImpossibleLogFault {
  readonly type: "erc20-log";
  readonly block: bigint;
  readonly index: number;
  /** Place in the receipt. */
  readonly log: number;
  readonly reason: string;
}

/** A transaction of the checkpoint with its receipt. */
interface Entry {
  readonly archived: ArchivedBlock;
  readonly block: bigint;
  readonly index: number;
  readonly transaction: Transaction;
  readonly receipt: Receipt;
}

function entriesOf({ blocks, checkpoint }: Scan): readonly Entry[] {
  return blocks.flatMap((archived) => {
    const block = archived.block.header.number;
    if (block < checkpoint.start || block > checkpoint.end) return [];
    return archived.block.transactions.flatMap((transaction, index) => {
      const receipt = archived.receipts[index];
      return receipt ? [{ archived, block, index, transaction, receipt }] : [];
    });
  });
}

export function findReceiptFaults(scan: Scan): readonly BadReceiptFault[] {
  return entriesOf(scan).flatMap(({ archived, block, index, transaction, receipt }): readonly BadReceiptFault[] => {
    const { header } = archived.block;
    const previous = archived.receipts[index - 1];
    const reason = faultOfReceipt({ index, transaction, receipt, previous, header }, scan.rules.rootTokenOf);
    return reason === undefined ? [] : [{ type: "bad-receipt", block, index, reason }];
  });
}

/** A transfer without any log of the token is a fault only where an earlier log shows that there was a token. */
export function findTransferFaults(scan: Scan): readonly WrongTransferFault[] {
  return entriesOf(scan).flatMap(({ block, index, transaction, receipt }): readonly WrongTransferFault[] => {
    const fault = faultOfTransferCall(transaction, receipt, scan.rules.rootTokenOf);
    if (!fault) return [];
    const { token, reason } = fault;
    const earlier = fault.needsEarlier ? logBefore(scan.blocks, token, { block, index }) : undefined;
    if (fault.needsEarlier && !earlier) return [];
    return [{ type: "erc20-transfer", block, index, token, reason, earlier }];
  });
}

export function findLogFaults(scan: Scan): readonly ImpossibleLogFault[] {
  return entriesOf(scan).flatMap(({ block, index, receipt }) =>
    receipt.logs.flatMap((log, place): readonly ImpossibleLogFault[] => {
      const reason = faultOfLog(log, scan.rules.rootTokenOf);
      return reason === undefined ? [] : [{ type: "erc20-log", block, index, log: place, reason }];
    }),
  );
}

/** Why a token's log cannot be, by its balances alone; undefined for other logs. The twin of kind 13. */
export function faultOfLog(log: Log, rootTokenOf: (child: Address) => Address | undefined): string | undefined {
  const rootToken = rootTokenOf(log.address);
  const change = rootToken === undefined ? undefined : readBalanceLog(log);
  return change && rootToken !== undefined ? faultOfBalances(change, log.address, rootToken) : undefined;
}

function logBefore(blocks: readonly ArchivedBlock[], token: Address, before: Position): WrongTransferFault["earlier"] {
  for (const { block, receipts } of blocks) {
    const { number } = block.header;
    if (number > before.block) return undefined;
    for (const [index, { logs }] of receipts.entries()) {
      if (number === before.block && index >= before.index) return undefined;
      const log = logs.findIndex(({ address }) => address === token);
      if (log >= 0) return { block: number, index, log };
    }
  }
  return undefined;
}
