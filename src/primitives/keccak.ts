import { createKeccak } from "hash-wasm";
import type { Bytes } from "./bytes.ts";
import { type Hash, hashFromBytes } from "./hash.ts";

// One object, loaded once and reused: five times cheaper per call than a pure JavaScript keccak.
const hasher = await createKeccak(256);

/** Keccak-256, 32 bytes. */
export function keccak256(data: Bytes): Bytes {
  return hasher.init().update(data).digest("binary");
}

export function keccakHash(data: Bytes): Hash {
  return hashFromBytes(keccak256(data));
}
