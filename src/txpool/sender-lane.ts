import type { Address } from "../primitives/index.ts";
import type { PooledTransaction } from "./pooled-transaction.ts";

/** What the state says of a sender. */
export interface SenderAccount {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  /**
   * The sender's output of a token that is not spent, in the token's smallest unit: 0 when it has none. Undefined for a token
   * that keeps no journal of payments, about which nothing can be said.
   */
  tokenOutput?(token: Address): bigint | undefined;
}

/** The transactions of one sender, by nonce. */
export class SenderLane {
  /** As of the block the pool last heard of. */
  account: SenderAccount;
  /** Sorted by nonce, each nonce once. */
  readonly #entries: PooledTransaction[] = [];
  #reserved = 0n;
  readonly #reservedTokens = new Map<Address, bigint>();

  constructor(account: SenderAccount) {
    this.account = account;
  }

  get size(): number {
    return this.#entries.length;
  }

  get entries(): readonly PooledTransaction[] {
    return this.#entries;
  }

  get last(): PooledTransaction | undefined {
    return this.#entries.at(-1);
  }

  at(nonce: bigint): PooledTransaction | undefined {
    const entry = this.#entries[this.#placeOf(nonce)];
    return entry?.tx.nonce === nonce ? entry : undefined;
  }

  /** Puts the entry at its nonce, in place of the one that was there. */
  put(entry: PooledTransaction): void {
    const place = this.#placeOf(entry.tx.nonce);
    const old = this.at(entry.tx.nonce);
    this.#entries.splice(place, old ? 1 : 0, entry);
    this.#reserved += entry.cost - (old?.cost ?? 0n);
    if (old) this.#reserveTokens(old, -1n);
    this.#reserveTokens(entry, 1n);
  }

  /** True when it was there. */
  remove(entry: PooledTransaction): boolean {
    const place = this.#placeOf(entry.tx.nonce);
    if (this.#entries[place] !== entry) return false;
    this.#entries.splice(place, 1);
    this.#reserved -= entry.cost;
    this.#reserveTokens(entry, -1n);
    return true;
  }

  /** Those in a row from `nonce` on: they can be included one after another. */
  run(nonce: bigint): readonly PooledTransaction[] {
    const start = this.#placeOf(nonce);
    let end = start;
    while (this.#entries[end]?.tx.nonce === nonce + BigInt(end - start)) end++;
    return this.#entries.slice(start, end);
  }

  /** True when an earlier nonce is missing. */
  isQueued(entry: PooledTransaction): boolean {
    const { nonce } = this.account;
    const place = this.#placeOf(entry.tx.nonce);
    return entry.tx.nonce - nonce !== BigInt(place - this.#placeOf(nonce));
  }

  /** Wei that the entries reserve. */
  get reserved(): bigint {
    return this.#reserved;
  }

  /** What the entries take of a token. */
  reservedOf(token: Address): bigint {
    return this.#reservedTokens.get(token) ?? 0n;
  }

  /** Entries whose nonce the state has used up. */
  stale(): readonly PooledTransaction[] {
    return this.#entries.slice(0, this.#placeOf(this.account.nonce));
  }

  /** Entries from the first on that the balance no longer covers, counted in nonce order. */
  unpayable(): readonly PooledTransaction[] {
    let left = this.account.balance;
    const first = this.#entries.findIndex((entry) => {
      left -= entry.cost;
      return left < 0n;
    });
    return first < 0 ? [] : this.#entries.slice(first);
  }

  #reserveTokens({ transfer }: PooledTransaction, sign: 1n | -1n): void {
    if (transfer === undefined || transfer.spent === 0n) return;
    const reserved = this.reservedOf(transfer.token) + sign * transfer.spent;
    if (reserved === 0n) this.#reservedTokens.delete(transfer.token);
    else this.#reservedTokens.set(transfer.token, reserved);
  }

  #placeOf(nonce: bigint): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as PooledTransaction).tx.nonce < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
