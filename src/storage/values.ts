import { BugError } from "../errors.ts";
import { type Bytes, bigintToBytes, bytesToBigint } from "../primitives/index.ts";

/** A count of the chain (block number, deposit id) as the integer SQLite keys its rows by. */
export function rowNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new BugError(`${value} cannot key a row`);
  return number;
}

/** Integers below 2^53 are stored as such, greater ones (possible only for nonces of a genesis) as bytes. */
export function storedInteger(value: bigint): number | Bytes {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : bigintToBytes(value);
}

export function readStoredInteger(value: number | Bytes): bigint {
  return typeof value === "number" ? BigInt(value) : bytesToBigint(value);
}

/**
 * The first six bytes as an integer: a narrow index key for a hash. Two hashes may share it, so the whole hash is
 * compared after the look-up. Keys of 32 bytes cost three times as much to insert.
 */
export function hashKey(hash: Bytes): number {
  let key = 0;
  for (let i = 0; i < 6; i++) key = key * 256 + (hash[i] ?? 0);
  return key;
}

/**
 * As {@link hashKey}, from the last six bytes: addresses and topics are often chosen, and those that are mostly zeros
 * (predeploys, small integers) differ at their end.
 */
export function tailKey(bytes: Bytes): number {
  return hashKey(bytes.subarray(bytes.length - 6));
}

/** A plain view of what SQLite hands out as `Buffer`, so that bytes from disk equal bytes from anywhere else. */
export function plainBytes(bytes: Bytes): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Most transactions of one block that row ids leave room for. */
export const transactionsPerBlock = 2 ** 20;

/** Row id of a transaction: its block and its place in it, so that a range of blocks is a range of ids. */
export function transactionId(block: number, index: number): number {
  const id = block * transactionsPerBlock + index;
  if (!Number.isSafeInteger(id) || index >= transactionsPerBlock) {
    throw new BugError(`transaction ${index} of block ${block} has no row id`);
  }
  return id;
}
