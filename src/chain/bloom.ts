import { addressToBytes, type Bytes, hashToBytes, keccak256 } from "../primitives/index.ts";
import type { Log } from "./log.ts";

export const bloomBytes = 256;

/** A bloom that contains nothing. */
export function emptyBloom(): Bytes {
  return new Uint8Array(bloomBytes);
}

/** Bloom of the addresses and topics of logs (Yellow Paper 4.3.1). */
export function bloomOf(logs: readonly Log[]): Bytes {
  const bloom = emptyBloom();
  for (const log of logs) {
    addToBloom(bloom, addressToBytes(log.address));
    for (const topic of log.topics) addToBloom(bloom, hashToBytes(topic));
  }
  return bloom;
}

/** Bloom of a block: the union of its receipts' blooms. */
export function joinBlooms(blooms: Iterable<Bytes>): Bytes {
  const joined = emptyBloom();
  for (const bloom of blooms) {
    for (let i = 0; i < bloomBytes; i++) joined[i] = (joined[i] as number) | (bloom[i] ?? 0);
  }
  return joined;
}

/** False when no log behind `bloom` has this address or topic; true may be an accident. */
export function bloomMayContain(bloom: Bytes, entry: Bytes): boolean {
  return bitsOf(entry).every(([index, mask]) => ((bloom[index] ?? 0) & mask) !== 0);
}

function addToBloom(bloom: Bytes, entry: Bytes): void {
  for (const [index, mask] of bitsOf(entry)) bloom[index] = (bloom[index] as number) | mask;
}

// Three bits, each the low 11 bits of one of the first three pairs of bytes of the hash; bit 0 is in the last byte.
function bitsOf(entry: Bytes): readonly (readonly [index: number, mask: number])[] {
  const hash = keccak256(entry);
  return [0, 2, 4].map((at) => {
    const bit = (((hash[at] as number) << 8) | (hash[at + 1] as number)) & 0x7ff;
    return [bloomBytes - 1 - (bit >> 3), 1 << (bit & 7)] as const;
  });
}
