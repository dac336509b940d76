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
  const read = readItem(bytes, 0, bytes.length, 0);
  if ("reason" in read) return reject({ code: "Rlp", reason: read.reason });
  if (read.end !== bytes.length) return reject({ code: "Rlp", reason: "trailing bytes" });
  return accept(read.item);
}

type Read = { readonly item: RlpItem; readonly end: number } | { readonly reason: string };

// Our own reader, because the library's recurses without a bound and copies every string; this one only makes views.
function readItem(bytes: Bytes, start: number, limit: number, depth: number): Read {
  const lead = bytes[start];
  if (start >= limit || lead === undefined) return { reason: "truncated" };
  if (lead < 0x80) return { item: bytes.subarray(start, start + 1), end: start + 1 };
  const isList = lead >= 0xc0;
  const span = readSpan(bytes, start, limit, isList ? 0xc0 : 0x80);
  if ("reason" in span) return span;
  if (!isList) {
    if (span.end - span.from === 1 && (bytes[span.from] as number) < 0x80)
      return { reason: "single byte in long form" };
    return { item: bytes.subarray(span.from, span.end), end: span.end };
  }
  if (depth >= MAX_DEPTH) return { reason: "lists nest too deep" };
  const items: RlpItem[] = [];
  let at = span.from;
  while (at < span.end) {
    const read = readItem(bytes, at, span.end, depth + 1);
    if ("reason" in read) return read;
    items.push(read.item);
    at = read.end;
  }
  return { item: items, end: span.end };
}

function readSpan(
  bytes: Bytes,
  start: number,
  limit: number,
  base: number,
): { readonly from: number; readonly end: number } | { readonly reason: string } {
  const short = (bytes[start] as number) - base;
  if (short <= 55) {
    const end = start + 1 + short;
    return end > limit ? { reason: "truncated" } : { from: start + 1, end };
  }
  const lengthOfLength = short - 55;
  if (lengthOfLength > 4) return { reason: "length over 4 GiB" };
  const from = start + 1 + lengthOfLength;
  if (from > limit) return { reason: "truncated" };
  let length = 0;
  for (let i = start + 1; i < from; i++) length = length * 256 + (bytes[i] as number);
  if (bytes[start + 1] === 0 || length <= 55) return { reason: "length not in its shortest form" };
  return from + length > limit ? { reason: "truncated" } : { from, end: from + length };
}
