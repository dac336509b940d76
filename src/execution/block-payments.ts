import type { BalanceMove } from "../chain/index.ts";
import type { Address } from "../primitives/index.ts";

/**
 * Native payments of one block, transaction by transaction. The tips of its producer are joined: one entry for all, with the
 * last transaction before its balance moves in any other way, because one more entry for every transaction of the chain
 * would say nothing.
 */
export class BlockPayments {
  readonly #coinbase: Address;
  /** Tips that no entry has yet, and the transaction that will have it. */
  #open: { readonly moves: BalanceMove[]; readonly before: bigint; after: bigint } | undefined;

  constructor(coinbase: Address) {
    this.#coinbase = coinbase;
  }

  /**
   * @param changed  balances that the transaction changed
   * @param tip      what of it is the producer's tip, wei
   * @returns the transaction's entries; the last may get one more later, for tips
   */
  add(changed: readonly BalanceMove[], tip: bigint): readonly BalanceMove[] {
    const own = changed.find(({ account }) => account === this.#coinbase);
    if (own === undefined || own.after - own.before !== tip) {
      if (own !== undefined) this.end();
      return changed;
    }
    const moves = changed.filter((move) => move !== own);
    this.#open = { moves, before: this.#open?.before ?? own.before, after: own.after };
    return moves;
  }

  /** Writes the entry for tips that are open. */
  end(): void {
    if (this.#open === undefined) return;
    const { moves, before, after } = this.#open;
    this.#open = undefined;
    moves.push({ account: this.#coinbase, before, after });
  }
}
