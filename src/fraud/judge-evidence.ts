import { decodeReceipt, describeTxFormatRejection, readTransaction } from "../chain/index.ts";
import type { Address, Bytes } from "../primitives/index.ts";
import type { OpenedHeader } from "../proofs/index.ts";
import { faultOfLog } from "./find-receipt-faults.ts";
import { faultOfTransaction } from "./find-transaction-faults.ts";
import { faultOfReceipt } from "./receipt-rules.ts";
import { faultOfTransferCall, type TransferFault } from "./transfer-rules.ts";

/**
 * The verdicts of kinds 8, 9, 12 and 13 on bytes, as the root contracts come to them: a reason, or undefined where the
 * contracts find no fraud or no sense in the bytes.
 */
export interface RawEntry {
  readonly chainId: bigint;
  readonly index: number;
  /** EIP-2718 bytes. */
  readonly transaction: Bytes;
  readonly receipt: Bytes;
  /** The receipt before; undefined for the first, or when it is not at hand. */
  readonly previous: Bytes | undefined;
  readonly header: OpenedHeader | undefined;
}

type RootTokenOf = (child: Address) => Address | undefined;

export function judgeTransaction(entry: Pick<RawEntry, "transaction" | "chainId" | "header">): string | undefined {
  const read = readTransaction(entry.transaction, entry.chainId);
  return read.ok ? faultOfTransaction(read.value, entry.header) : describeTxFormatRejection(read.rejection);
}

export function judgeReceipt(entry: RawEntry, rootTokenOf: RootTokenOf): string | undefined {
  const receipt = decodeReceipt(entry.receipt);
  if (!receipt.ok) return `it is no receipt: ${receipt.rejection.reason}`;
  const lead = entry.transaction[0] ?? 0xc0;
  const read = readTransaction(entry.transaction, entry.chainId);
  const previous = entry.previous && decodeReceipt(entry.previous);
  // What is wrong with the receipt before is that one's fault.
  if (previous && !previous.ok) return undefined;
  const { index, header } = entry;
  return faultOfReceipt(
    {
      index,
      header,
      receipt: receipt.value,
      previous: previous?.value,
      transaction: {
        type: (lead < 0xc0 ? lead : 0) as 0 | 1 | 2,
        gasLimit: read.ok ? read.value.gasLimit : MAX_GAS_LIMIT,
      },
    },
    rootTokenOf,
  );
}

/** A transaction that cannot be read limits nothing. */
const MAX_GAS_LIMIT = (1n << 64n) - 1n;

export function judgeTransfer(entry: RawEntry, rootTokenOf: RootTokenOf): TransferFault | undefined {
  const read = readTransaction(entry.transaction, entry.chainId);
  const receipt = decodeReceipt(entry.receipt);
  return read.ok && receipt.ok ? faultOfTransferCall(read.value, receipt.value, rootTokenOf) : undefined;
}

/** @param log place in the receipt */
export function judgeLog(receipt: Bytes, log: number, rootTokenOf: RootTokenOf): string | undefined {
  const decoded = decodeReceipt(receipt);
  const found = decoded.ok ? decoded.value.logs[log] : undefined;
  return found && faultOfLog(found, rootTokenOf);
}
