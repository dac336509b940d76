/**
 * A bounded map that forgets what was not asked for lately. Two maps instead of one ordered list: entries of the old one
 * that are asked for move to the young one, and when the young one is full the old one is dropped. Half the bookkeeping
 * of an LRU at nearly its hit rate.
 */
export class GenerationalCache<K, V> {
  readonly #limit: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param limit entries of one generation; at most twice as many are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value, or undefined when there is none; `has` tells a cached `undefined` from nothing. */
  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined || this.#young.has(key)) return young;
    if (!this.#old.has(key)) return undefined;
    const old = this.#old.get(key) as V;
    this.set(key, old);
    return old;
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#limit && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
