import {
  type Address,
  addressWord,
  type Bytes,
  bytesToBigint,
  concatBytes,
  type Hash,
  hashFromBytes,
  keccak256,
  wordOf,
} from "../primitives/index.ts";

/** What a signer did in all eras that its chain has recorded. */
export interface WorkTotals {
  /** Rounds with a block that asked it for a unit, and those in which one came. */
  readonly asked: bigint;
  readonly came: bigint;
  /** Slots that were its to lead as a producer, and the blocks that it made of them. */
  readonly expected: bigint;
  readonly made: bigint;
  /** Rounds in which a unit came, each weighed with the signer's share of the weight in billionths. */
  readonly credit: bigint;
}

/** Slot of `ProducerStats` that says how far eras are recorded. */
export const recordedWorkSlot: Hash = hashFromBytes(wordOf(0));
const TOTALS_SLOT = 1;
const UINT64 = (1n << 64n) - 1n;
const COUNT_BITS = 40n;
const COUNT = (1n << COUNT_BITS) - 1n;

/** Height up to which `ProducerStats` has eras recorded. @param slot  its storage, without leading zeros */
export function readRecordedWork(slot: (key: Hash) => Bytes): bigint {
  return bytesToBigint(slot(recordedWorkSlot)) & UINT64;
}

/** Slot of `ProducerStats` that holds a signer's totals. */
export function workTotalsSlot(signer: Address): Hash {
  return hashFromBytes(keccak256(concatBytes(addressWord(signer), wordOf(TOTALS_SLOT))));
}

/** Totals as the contract packs them into one word. */
export function decodeWorkTotals(word: bigint): WorkTotals {
  const count = (place: bigint) => (word >> (place * COUNT_BITS)) & COUNT;
  return { asked: count(0n), came: count(1n), expected: count(2n), made: count(3n), credit: word >> (4n * COUNT_BITS) };
}
