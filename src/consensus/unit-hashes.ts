import { type Hex, writeHex } from "../primitives/index.ts";

/** Copied by words of four bytes, whatever their order: they are never read as numbers. */
const WORD_BYTES = 4;
const HASH_WORDS = 32 / WORD_BYTES;
const FIRST_CAPACITY = 1_024;

/**
 * Hashes of the units of a state as bytes, by position: what a panorama's root is hashed over. Beside the text that names a
 * unit everywhere else, because turning 150 texts into bytes for every unit costs more than hashing them.
 */
export class UnitHashes {
  #words = new Uint32Array(FIRST_CAPACITY * HASH_WORDS);
  #count = 0;

  /** Adds the hash of the unit at the next position. */
  add(hash: Hex): void {
    const start = this.#count++ * HASH_WORDS;
    if (start === this.#words.length) {
      const wider = new Uint32Array(2 * this.#words.length);
      wider.set(this.#words);
      this.#words = wider;
    }
    writeHex(hash, new Uint8Array(this.#words.buffer), start * WORD_BYTES);
  }

  /** Copies the hash of the unit at `position` to the place of the hash number `index`. */
  copyTo(into: Uint32Array, index: number, position: number): void {
    const from = position * HASH_WORDS;
    const to = index * HASH_WORDS;
    for (let i = 0; i < HASH_WORDS; i++) into[to + i] = this.#words[from + i] as number;
  }

  clear(): void {
    this.#words = new Uint32Array(FIRST_CAPACITY * HASH_WORDS);
    this.#count = 0;
  }
}
