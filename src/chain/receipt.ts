import {
  accept,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  type Check,
  concatBytes,
  decodeRlp,
  encodeRlp,
  hashToBytes,
  MalformedRlp,
  type RlpItem,
  readAddress,
  readBigint,
  readBytes,
  readHash,
  readList,
  reject,
} from "../primitives/index.ts";
import { bloomBytes } from "./bloom.ts";
import type { Log } from "./log.ts";
import type { TransactionType } from "./transaction.ts";

export interface Receipt {
  readonly type: TransactionType;
  /** 1 when the transaction succeeded. */
  readonly status: 0 | 1;
  /** Gas of this and all earlier transactions of the block. */
  readonly cumulativeGasUsed: bigint;
  readonly logsBloom: Bytes;
  readonly logs: readonly Log[];
}

export type ReceiptRejection = { readonly code: "MalformedReceipt"; readonly reason: string };

/** EIP-2718 bytes, as they stand in the receipts trie. */
export function encodeReceipt(receipt: Receipt): Bytes {
  const payload = encodeRlp([
    bigintToBytes(BigInt(receipt.status)),
    bigintToBytes(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map((log) => [addressToBytes(log.address), log.topics.map(hashToBytes), log.data]),
  ]);
  return receipt.type === 0 ? payload : concatBytes(Uint8Array.of(receipt.type), payload);
}

/** Reads strictly: one encoding per receipt, types 0 to 2, status 0 or 1, at most four topics. */
export function decodeReceipt(bytes: Bytes): Check<Receipt, ReceiptRejection> {
  const lead = bytes[0];
  if (lead === undefined || (lead < 0xc0 && lead !== 1 && lead !== 2)) {
    return reject({ code: "MalformedReceipt", reason: lead === undefined ? "no bytes" : `type ${lead}` });
  }
  const type = lead >= 0xc0 ? 0 : (lead as 1 | 2);
  const rlp = decodeRlp(type === 0 ? bytes : bytes.subarray(1));
  if (!rlp.ok) return reject({ code: "MalformedReceipt", reason: rlp.rejection.reason });
  try {
    const [status, gas, bloom, logs] = readList(rlp.value, 4);
    const statusCode = readBigint(status, 1);
    if (statusCode > 1n) throw new MalformedRlp(`status ${statusCode}`);
    return accept({
      type,
      status: statusCode === 1n ? 1 : 0,
      cumulativeGasUsed: readBigint(gas, 8),
      logsBloom: readBytes(bloom, bloomBytes),
      logs: readList(logs).map(readLog),
    });
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "MalformedReceipt", reason: error.message });
    throw error;
  }
}

function readLog(item: RlpItem): Log {
  const [address, topics, data] = readList(item, 3);
  const topicList = readList(topics);
  if (topicList.length > 4) throw new MalformedRlp(`${topicList.length} topics`);
  return { address: readAddress(address), topics: topicList.map(readHash), data: readBytes(data) };
}
