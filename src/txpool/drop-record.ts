import type { Transaction } from "../chain/index.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { describeTxRejection, type TxRejection, txRejectionErrorCode } from "./tx-rejection.ts";

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

/** Which rule, and in a sentence by how much it was broken. */
export interface DropCause {
  readonly rule: DropRule;
  /** `KOMA_E_…` of a refusal; undefined for what was in the pool before. */
  readonly code: string | undefined;
  readonly reason: string;
}

export interface DroppedTransaction extends DropCause {
  readonly hash: Hash;
  readonly sender: Address;
  readonly nonce: bigint;
}

const REMEMBERED = 1_000;

/** The last {@link REMEMBERED} drops, and how many there were by rule: for `koma tx pool --why` and for metrics. */
export class DropRecord {
  readonly #drops = new Map<Hash, DroppedTransaction>();
  readonly #counts = new Map<DropRule, number>();

  add({ hash, sender, nonce }: Pick<Transaction, "hash" | "sender" | "nonce">, cause: DropCause): void {
    this.#counts.set(cause.rule, (this.#counts.get(cause.rule) ?? 0) + 1);
    // Again at the end, so that the oldest is the first.
    this.#drops.delete(hash);
    this.#drops.set(hash, { hash, sender, nonce, ...cause });
    const [oldest] = this.#drops.keys();
    if (this.#drops.size > REMEMBERED && oldest !== undefined) this.#drops.delete(oldest);
  }

  forget(hash: Hash): void {
    this.#drops.delete(hash);
  }

  get(hash: Hash): DroppedTransaction | undefined {
    return this.#drops.get(hash);
  }

  list(): readonly DroppedTransaction[] {
    return [...this.#drops.values()];
  }

  counts(): ReadonlyMap<DropRule, number> {
    return this.#counts;
  }
}

export function refusalCause(rejection: TxRejection): DropCause {
  return { rule: rejection.code, code: txRejectionErrorCode(rejection), reason: describeTxRejection(rejection) };
}

/** Causes for what was in the pool. */
export const dropCauses = {
  evicted: (by: Hash): DropCause => ({
    rule: "Evicted",
    code: undefined,
    reason: `pushed out of a full pool by ${by}, which is worth more`,
  }),
  displaced: (by: Hash): DropCause => ({
    rule: "Evicted",
    code: undefined,
    reason: `gave its place to ${by} of the same sender, which comes before it`,
  }),
  replaced: (by: Hash): DropCause => ({ rule: "Replaced", code: undefined, reason: `replaced by ${by}` }),
  expired: (ms: number): DropCause => ({
    rule: "Expired",
    code: undefined,
    reason: `waited longer than ${Math.round(ms / 60_000)} min`,
  }),
  nonceUsed: (): DropCause => ({
    rule: "NonceUsed",
    code: undefined,
    reason: "another transaction with its nonce was included",
  }),
  unpayable: (): DropCause => ({
    rule: "Unpayable",
    code: undefined,
    reason: "the sender's balance no longer covers it and those before it",
  }),
  discarded: (): DropCause => ({ rule: "Discarded", code: undefined, reason: "no block could be built with it" }),
};
