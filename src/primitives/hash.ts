import { BugError, UserError } from "../errors.ts";
import type { Branded } from "./branded.ts";
import { type Bytes, bytesToHex, type Hex, hexToBytes } from "./bytes.ts";

/** 32 bytes as lower-case hex with `0x`: the identity of a block, transaction, unit or checkpoint, and a `Map` key. */
export type Hash = Branded<Hex, "Hash">;

export const zeroHash = `0x${"00".repeat(32)}` as Hash;

export function isHash(text: unknown): text is Hash {
  return typeof text === "string" && /^0x[0-9a-f]{64}$/.test(text);
}

/** @throws {UserError} KOMA_E_HASH_MALFORMED */
export function parseHash(text: string): Hash {
  const lower = text.toLowerCase();
  if (!isHash(lower)) {
    throw new UserError("KOMA_E_HASH_MALFORMED", `"${text.slice(0, 80)}" is not a hash.`, {
      fix: ["Give the hash as 0x and 64 hex digits."],
    });
  }
  return lower;
}

export function hashFromBytes(bytes: Bytes): Hash {
  if (bytes.length !== 32) throw new BugError(`a hash has 32 bytes, not ${bytes.length}`);
  return bytesToHex(bytes) as Hash;
}

export function hashToBytes(hash: Hash): Bytes {
  return hexToBytes(hash);
}
