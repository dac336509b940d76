import { type Bytes, concatBytes } from "../primitives/index.ts";

/**
 * Encoded items of an encoded list, as views, without decoding what is inside them. For lists whose items have an
 * identity of their own (transactions of a block): decoding and encoding again would cost more and prove less.
 *
 * @returns undefined unless `bytes` is exactly one list in its shortest form
 */
export function splitRlpList(bytes: Bytes): readonly Bytes[] | undefined {
  const outer = spanAt(bytes, 0);
  if (outer === undefined || !outer.isList || outer.end !== bytes.length) return undefined;
  const items: Bytes[] = [];
  let at = outer.from;
  while (at < outer.end) {
    const span = spanAt(bytes, at);
    if (span === undefined || span.end > outer.end) return undefined;
    items.push(bytes.subarray(at, span.end));
    at = span.end;
  }
  return items;
}

/** Content of an encoded byte string; undefined for a list, a long form of a short length, or trailing bytes. */
export function unwrapRlpBytes(item: Bytes): Bytes | undefined {
  const span = spanAt(item, 0);
  if (span === undefined || span.isList || span.end !== item.length) return undefined;
  return item.subarray(span.from, span.end);
}

/** A list of items that are encoded already. */
export function joinRlpList(...items: readonly Bytes[]): Bytes {
  let length = 0;
  for (const item of items) length += item.length;
  return concatBytes(lengthPrefix(length, 0xc0), ...items);
}

/** A byte string in RLP. */
export function wrapRlpBytes(bytes: Bytes): Bytes {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return bytes;
  return concatBytes(lengthPrefix(bytes.length, 0x80), bytes);
}

function lengthPrefix(length: number, base: number): Bytes {
  if (length <= 55) return Uint8Array.of(base + length);
  if (length <= 0xff) return Uint8Array.of(base + 56, length);
  if (length <= 0xffff) return Uint8Array.of(base + 57, length >> 8, length & 0xff);
  if (length <= 0xffffff) return Uint8Array.of(base + 58, length >> 16, (length >> 8) & 0xff, length & 0xff);
  return Uint8Array.of(base + 59, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff);
}

interface Span {
  readonly isList: boolean;
  readonly from: number;
  readonly end: number;
}

function spanAt(bytes: Bytes, at: number): Span | undefined {
  const lead = bytes[at];
  if (lead === undefined) return undefined;
  if (lead < 0x80) return { isList: false, from: at, end: at + 1 };
  const isList = lead >= 0xc0;
  const short = lead - (isList ? 0xc0 : 0x80);
  const from = short <= 55 ? at + 1 : at + 1 + (short - 55);
  let length = short;
  if (short > 55) {
    const lengthOfLength = short - 55;
    if (lengthOfLength > 4 || bytes[at + 1] === 0) return undefined;
    length = 0;
    for (let i = at + 1; i < from; i++) length = length * 256 + (bytes[i] ?? 0);
    if (length <= 55) return undefined;
  }
  const end = from + length;
  if (end > bytes.length) return undefined;
  if (!isList && length === 1 && (bytes[from] as number) < 0x80) return undefined;
  return { isList, from, end };
}
