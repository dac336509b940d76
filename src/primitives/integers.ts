import { BugError } from "../errors.ts";
import { type Bytes, emptyBytes } from "./bytes.ts";

/** Big-endian without leading zeros; zero is the empty string, as RLP writes integers. */
export function bigintToBytes(value: bigint): Bytes {
  if (value < 0n) throw new BugError(`negative integer ${value} has no byte form`);
  if (value === 0n) return emptyBytes;
  const digits = value.toString(16);
  const hex = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function numberToBytes(value: number): Bytes {
  if (!Number.isSafeInteger(value)) throw new BugError(`${value} is not a safe integer`);
  if (value < 0) throw new BugError(`negative integer ${value} has no byte form`);
  let size = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) size++;
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

/** Value of big-endian bytes; leading zeros allowed, the empty string is zero. */
export function bytesToBigint(bytes: Bytes): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i += 6) {
    const chunk = bytes.subarray(i, i + 6);
    let part = 0;
    for (const byte of chunk) part = part * 256 + byte;
    value = (value << BigInt(8 * chunk.length)) | BigInt(part);
  }
  return value;
}

/** Big-endian in exactly `size` bytes; 32 for a word of the ABI. */
export function bigintToFixedBytes(value: bigint, size: number): Bytes {
  const short = bigintToBytes(value);
  if (short.length > size) throw new BugError(`${value} does not fit ${size} bytes`);
  const bytes = new Uint8Array(size);
  bytes.set(short, size - short.length);
  return bytes;
}
