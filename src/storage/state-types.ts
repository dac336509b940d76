import type { AccountState, BalanceMove, Block, Receipt } from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";

export interface StorageChange {
  /** True when every slot that is not in {@link slots} became zero. */
  readonly cleared: boolean;
  /** New values without leading zeros; the empty string is zero. */
  readonly slots: ReadonlyMap<Hash, Bytes>;
}

/** What one block changed; `undefined` for an account that is gone. */
export interface StateChanges {
  readonly accounts: ReadonlyMap<Address, AccountState | undefined>;
  readonly storage: ReadonlyMap<Address, StorageChange>;
  /** Code that appeared, by its hash. */
  readonly code: ReadonlyMap<Hash, Bytes>;
}

/** Outcome of one transaction beside its receipt. */
export interface TransactionOutcome {
  readonly gasUsed: bigint;
  readonly contractAddress?: Address;
}

/** With the native balances that it changed, which are stored with the journal of payments. */
export interface RunTransaction extends TransactionOutcome {
  readonly moves: readonly BalanceMove[];
}

/** A final block with everything that follows from it; what one commit writes. */
export interface FinalBlock {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
  readonly results: readonly RunTransaction[];
  readonly diff: StateChanges;
}
