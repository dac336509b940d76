import type { Hash } from "../primitives/index.ts";
import type { TxRejection } from "./tx-rejection.ts";

/** Why a transaction that was offered is not in the pool, unless a block has it. */
export type DropRule =
  | TxRejection["code"]
  /** Pushed out of a full pool by one that pays more. */
  | "Evicted"
  | "Replaced"
  /** Waited too long. */
  | "Expired"
  /** Another transaction with its nonce was included. */
  | "NonceUsed"
  /** The sender's balance no longer covers it. */
  | "Unpayable"
  /** A block could not be built with it. */
  | "Discarded";

export interface DroppedTransaction {
  readonly hash: Hash;
  readonly rule: DropRule;
}

const REMEMBERED = 1_000;

/** The last {@link REMEMBERED} drops, and how many there were by rule: for `koma tx pool --why` and for metrics. */
export class DropRecord {
  readonly #rules = new Map<Hash, DropRule>();
  readonly #counts = new Map<DropRule, number>();

  add(hash: Hash, rule: DropRule): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
    // Again at the end, so that the oldest is the first.
    this.#rules.delete(hash);
    this.#rules.set(hash, rule);
    const [oldest] = this.#rules.keys();
    if (this.#rules.size > REMEMBERED && oldest !== undefined) this.#rules.delete(oldest);
  }

  forget(hash: Hash): void {
    this.#rules.delete(hash);
  }

  rule(hash: Hash): DropRule | undefined {
    return this.#rules.get(hash);
  }

  list(): readonly DroppedTransaction[] {
    return [...this.#rules].map(([hash, rule]) => ({ hash, rule }));
  }

  counts(): ReadonlyMap<DropRule, number> {
    return this.#counts;
  }
}
