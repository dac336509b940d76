import { UserError } from "../errors.ts";

export type Bytes = Uint8Array;
export type Hex = `0x${string}`;

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Value of each character code that is a hex digit, -1 for every other. */
const DIGIT = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  DIGIT[digit.toString(16).charCodeAt(0)] = digit;
  DIGIT[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

export const emptyBytes: Bytes = new Uint8Array(0);

/** Lower-case hex with `0x`. */
export function bytesToHex(bytes: Bytes): Hex {
  let text = "0x";
  for (const byte of bytes) text += HEX_OF_BYTE[byte];
  return text as Hex;
}

/** True for `0x` and an even number of hex digits. */
export function isHex(text: unknown): text is Hex {
  return typeof text === "string" && text.length % 2 === 0 && /^0x[0-9a-fA-F]*$/.test(text);
}

/**
 * Bytes of a hex string with `0x`.
 *
 * @throws {UserError} KOMA_E_HEX_MALFORMED when the text is not `0x` and an even number of hex digits
 */
export function hexToBytes(text: string): Bytes {
  if (text.length % 2 !== 0) throw malformed(text);
  const bytes = new Uint8Array(Math.max(0, text.length / 2 - 1));
  writeHex(text, bytes, 0);
  return bytes;
}

/**
 * Writes the bytes of a hex string with `0x` into a larger array, from `start` on.
 *
 * @throws {UserError} KOMA_E_HEX_MALFORMED as {@link hexToBytes} does
 */
export function writeHex(text: string, into: Bytes, start: number): void {
  if (text.length % 2 !== 0 || text.charCodeAt(0) !== 48 || text.charCodeAt(1) !== 120) throw malformed(text);
  for (let i = 2, at = start; i < text.length; i += 2, at++) {
    const high = DIGIT[text.charCodeAt(i)] ?? -1;
    const low = DIGIT[text.charCodeAt(i + 1)] ?? -1;
    if (high < 0 || low < 0) throw malformed(text);
    into[at] = high * 16 + low;
  }
}

function malformed(text: string): UserError {
  const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new UserError("KOMA_E_HEX_MALFORMED", `"${shown}" is not hex data.`, {
    fix: ["Give bytes as 0x and an even number of hex digits."],
  });
}

export function concatBytes(...parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** Lexicographic order: negative, zero or positive. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Key for a `Map`: one character per byte, the cheapest string that keeps bytes apart. */
export function bytesToMapKey(bytes: Bytes): string {
  return String.fromCharCode(...bytes);
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}
