import { type Address, addressFromBytes } from "./address.ts";
import type { Bytes } from "./bytes.ts";
import { type Hash, hashFromBytes } from "./hash.ts";
import { bytesToBigint } from "./integers.ts";
import type { RlpItem } from "./rlp.ts";

/** Thrown by the readers below and caught by the decoder that uses them; never leaves a module. */
export class MalformedRlp extends Error {}

export function readList(item: RlpItem | undefined, length?: number): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw new MalformedRlp("expected a list");
  if (length !== undefined && item.length !== length) {
    throw new MalformedRlp(`expected ${length} fields, found ${item.length}`);
  }
  return item;
}

export function readBytes(item: RlpItem | undefined, length?: number): Bytes {
  if (!(item instanceof Uint8Array)) throw new MalformedRlp("expected bytes");
  if (length !== undefined && item.length !== length) {
    throw new MalformedRlp(`expected ${length} bytes, found ${item.length}`);
  }
  return item;
}

/** An integer without leading zeros, of at most `maxBytes` (default 32). */
export function readBigint(item: RlpItem | undefined, maxBytes = 32): bigint {
  const bytes = readBytes(item);
  if (bytes.length > maxBytes) throw new MalformedRlp(`integer of ${bytes.length} bytes`);
  if (bytes[0] === 0) throw new MalformedRlp("integer with a leading zero");
  return bytesToBigint(bytes);
}

/** An integer below 2^53. */
export function readNumber(item: RlpItem | undefined): number {
  const bytes = readBytes(item);
  if (bytes.length > 7) throw new MalformedRlp(`integer of ${bytes.length} bytes`);
  if (bytes[0] === 0) throw new MalformedRlp("integer with a leading zero");
  // Without a detour through bigint: a unit of a large committee has one number for each validator.
  let value = 0;
  for (let i = 0; i < bytes.length; i++) value = value * 256 + (bytes[i] as number);
  // Seven bytes may be rounded here, but never to something below.
  if (value > Number.MAX_SAFE_INTEGER) throw new MalformedRlp("integer above 2^53-1");
  return value;
}

export function readHash(item: RlpItem | undefined): Hash {
  return hashFromBytes(readBytes(item, 32));
}

export function readAddress(item: RlpItem | undefined): Address {
  return addressFromBytes(readBytes(item, 20));
}
