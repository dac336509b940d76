import type { Payment } from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  type Bytes,
  bytesToBigint,
  concatBytes,
  keccak256,
} from "../primitives/index.ts";
import { hashKey, plainBytes, tailKey } from "./values.ts";

/** Kind, token, place of the log, owner, side, and two amounts with their lengths. */
const MAX_ENTRY = 1 + 20 + 4 + 20 + 4 + 2 * 33;
const NATIVE = 0;
const TOKEN = 1;

/**
 * Entries of one transaction as stored. Bytes of fixed places, not RLP: every payment of the chain is written here, and
 * RLP's small arrays took longer than all the rest of its rows.
 */
export function encodePayments(payments: readonly Payment[]): Bytes {
  const row = Buffer.allocUnsafe(payments.length * MAX_ENTRY);
  let end = 0;
  for (const { token, owner, log, side, input, output } of payments) {
    end = row.writeUInt8(token === undefined ? NATIVE : TOKEN, end);
    if (token !== undefined) {
      end = writeAddress(row, token, end);
      end = row.writeUInt32BE(log ?? 0, end);
    }
    end = writeAddress(row, owner, end);
    end = row.writeUInt32BE(side, end);
    end = writeAmount(row, output, writeAmount(row, input, end));
  }
  return row.subarray(0, end);
}

/** @throws {RangeError} when the row is damaged; callers know the file's name */
export function decodePayments(bytes: Bytes): readonly Payment[] {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const payments: Payment[] = [];
  let at = 0;
  const take = (length: number): Bytes => {
    if (at + length > row.length) throw new RangeError("it ends in the middle of an entry");
    at += length;
    return plainBytes(row.subarray(at - length, at));
  };
  const number = (length: number) => Number(bytesToBigint(take(length)));
  while (at < row.length) {
    const isToken = number(1) === TOKEN;
    const token = isToken ? addressFromBytes(take(20)) : undefined;
    const log = isToken ? number(4) : undefined;
    const owner = addressFromBytes(take(20));
    const side = number(4);
    const input = bytesToBigint(take(number(1)));
    const output = bytesToBigint(take(number(1)));
    payments.push({ token, owner, log, side, input, output });
  }
  return payments;
}

function writeAddress(row: Buffer, address: Address, at: number): number {
  return at + row.write(address.slice(2), at, 20, "hex");
}

function writeAmount(row: Buffer, amount: bigint, at: number): number {
  const digits = amount === 0n ? "" : amount.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  row.writeUInt8(even.length / 2, at);
  return at + 1 + row.write(even, at + 1, "hex");
}

/**
 * Index key of an owner's entries of one token. Of a token it is a hash of both: contracts may choose both addresses, and
 * a sum of their ends could be made to meet somebody else's.
 */
export function paymentKey(token: Address | undefined, owner: Address): number {
  if (token === undefined) return tailKey(addressToBytes(owner));
  return hashKey(keccak256(concatBytes(addressToBytes(token), addressToBytes(owner))));
}

/** Keys of a transaction's entries: it may move the same token of the same owner more than once. */
export function paymentKeys(payments: readonly Payment[]): ReadonlySet<number> {
  return new Set(payments.map(({ token, owner }) => paymentKey(token, owner)));
}
