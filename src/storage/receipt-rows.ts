import { bloomOf, emptyBloom, type Log, type Receipt, type TransactionType } from "../chain/index.ts";
import {
  addressToBytes,
  type Bytes,
  decodeRlp,
  encodeRlp,
  hashToBytes,
  readAddress,
  readBytes,
  readHash,
  readList,
} from "../primitives/index.ts";
import { tailKey } from "./values.ts";

/** Logs of a transaction as stored; null for none. Blooms are not stored: 256 bytes that follow from the logs. */
export function encodeLogs(logs: readonly Log[]): Bytes | null {
  if (logs.length === 0) return null;
  return encodeRlp(logs.map((log) => [addressToBytes(log.address), log.topics.map(hashToBytes), log.data]));
}

/** @throws {MalformedRlp} or the reason, when the row is damaged; callers know the file's name */
export function decodeLogs(bytes: Bytes | null): readonly Log[] {
  if (bytes === null) return [];
  const rlp = decodeRlp(bytes);
  if (!rlp.ok) throw new Error(rlp.rejection.reason);
  return readList(rlp.value).map((item) => {
    const [address, topics, data] = readList(item, 3);
    return {
      address: readAddress(address),
      topics: readList(topics).map(readHash),
      data: new Uint8Array(readBytes(data)),
    };
  });
}

const NO_LOGS_BLOOM = emptyBloom();

export interface ReceiptColumns {
  readonly status: number;
  readonly cumulative: number;
  readonly logs: Bytes | null;
}

export function readReceipt(row: ReceiptColumns, type: TransactionType): Receipt {
  const logs = decodeLogs(row.logs);
  return {
    type,
    status: row.status === 1 ? 1 : 0,
    cumulativeGasUsed: BigInt(row.cumulative),
    logsBloom: logs.length === 0 ? NO_LOGS_BLOOM : bloomOf(logs),
    logs,
  };
}

/** Index keys of a transaction's logs: each address and each first topic once. */
export function logKeys(logs: readonly Log[]): ReadonlySet<number> {
  const keys = new Set<number>();
  for (const log of logs) {
    keys.add(tailKey(addressToBytes(log.address)));
    const topic = log.topics[0];
    if (topic !== undefined) keys.add(tailKey(hashToBytes(topic)));
  }
  return keys;
}
