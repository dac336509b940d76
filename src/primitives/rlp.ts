import type { Bytes } from "./bytes.ts";
import { accept, type Check, reject } from "./check.ts";

export type RlpItem = Bytes | readonly RlpItem[];

/** RLP of bytes and lists; integers are given as their shortest bytes (`bigintToBytes`). */
export function encodeRlp(item: RlpItem): Bytes {
  const bytes = new Uint8Array(encodedLength(item));
  writeItem(item, bytes, 0);
  return bytes;
}

// Lengths first, then every byte once into its place: the library joins a new array for every nested list.
function encodedLength(item: RlpItem): number {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) return 1;
    return headLength(item.length) + item.length;
  }
  const length = contentLength(item);
  return headLength(length) + length;
}

function contentLength(items: readonly RlpItem[]): number {
  let length = 0;
  for (const item of items) length += encodedLength(item);
  return length;
}

function headLength(length: number): number {
  return length <= 55 ? 1 : 1 + lengthOfLength(length);
}

function lengthOfLength(length: number): number {
  return length < 0x100 ? 1 : length < 0x1_0000 ? 2 : length < 0x100_0000 ? 3 : 4;
}

function writeItem(item: RlpItem, into: Bytes, start: number): number {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) {
      into[start] = item[0] as number;
      return start + 1;
    }
    const at = writeHead(item.length, 0x80, into, start);
    into.set(item, at);
    return at + item.length;
  }
  let at = writeHead(contentLength(item), 0xc0, into, start);
  for (const each of item) at = writeItem(each, into, at);
  return at;
}

function writeHead(length: number, base: number, into: Bytes, start: number): number {
  if (length <= 55) {
    into[start] = base + length;
    return start + 1;
  }
  const size = lengthOfLength(length);
  into[start] = base + 55 + size;
  for (let i = size, rest = length; i >= 1; i--, rest = Math.floor(rest / 256)) into[start + i] = rest & 0xff;
  return start + 1 + size;
}

export type RlpRejection = { readonly code: "Rlp"; readonly reason: string };

/** How deep lists may nest; no structure of the chain or of consensus needs more. */
const MAX_DEPTH = 16;

/**
 * The only item that encodes to exactly these bytes. Refuses long forms of short lengths, trailing bytes and deep
 * nesting, so that `encodeRlp(value)` gives the same bytes back.
 */
export function decodeRlp(bytes: Bytes): Check<RlpItem, RlpRejection> {
  const cursor: Cursor = { bytes, at: 0, reason: undefined };
  const item = readItem(cursor, bytes.length, 0);
  if (item === undefined) return reject({ code: "Rlp", reason: cursor.reason ?? "malformed" });
  if (cursor.at !== bytes.length) return reject({ code: "Rlp", reason: "trailing bytes" });
  return accept(item);
}

/** One for each decoding, not one for each item: a unit of a large committee has hundreds of them. */
interface Cursor {
  readonly bytes: Bytes;
  at: number;
  /** Why the bytes are refused. */
  reason: string | undefined;
}

/** Single bytes stand for themselves; nobody writes into what a decoder gives. */
const SINGLE: readonly Bytes[] = Array.from({ length: 0x80 }, (_, byte) => Uint8Array.of(byte));

function refuse(cursor: Cursor, reason: string): undefined {
  cursor.reason = reason;
  return undefined;
}

// Our own reader, because the library's recurses without a bound and copies every string; this one only makes views.
function readItem(cursor: Cursor, limit: number, depth: number): RlpItem | undefined {
  const { bytes, at: start } = cursor;
  const lead = bytes[start];
  if (start >= limit || lead === undefined) return refuse(cursor, "truncated");
  if (lead < 0x80) {
    cursor.at = start + 1;
    return SINGLE[lead];
  }
  const isList = lead >= 0xc0;
  const length = readLength(cursor, limit, isList ? 0xc0 : 0x80);
  if (length === undefined) return undefined;
  const from = cursor.at;
  const end = from + length;
  if (!isList) {
    if (length === 1 && (bytes[from] as number) < 0x80) return refuse(cursor, "single byte in long form");
    cursor.at = end;
    return bytes.subarray(from, end);
  }
  if (depth >= MAX_DEPTH) return refuse(cursor, "lists nest too deep");
  const items: RlpItem[] = [];
  while (cursor.at < end) {
    const item = readItem(cursor, end, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** Length of the content of a string or list; leaves the cursor where that begins. */
function readLength(cursor: Cursor, limit: number, base: number): number | undefined {
  const { bytes, at: start } = cursor;
  const short = (bytes[start] as number) - base;
  if (short <= 55) {
    cursor.at = start + 1;
    return cursor.at + short > limit ? refuse(cursor, "truncated") : short;
  }
  const lengthOfLength = short - 55;
  if (lengthOfLength > 4) return refuse(cursor, "length over 4 GiB");
  cursor.at = start + 1 + lengthOfLength;
  if (cursor.at > limit) return refuse(cursor, "truncated");
  let length = 0;
  for (let i = start + 1; i < cursor.at; i++) length = length * 256 + (bytes[i] as number);
  if (bytes[start + 1] === 0 || length <= 55) return refuse(cursor, "length not in its shortest form");
  return cursor.at + length > limit ? refuse(cursor, "truncated") : length;
}
