import type { AccountState, BalanceMove, Block, BlockHeader, Receipt } from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";

export interface StorageDiff {
  /** True when every slot that is not in {@link slots} became zero. */
  readonly cleared: boolean;
  /** New values without leading zeros; the empty string is zero. */
  readonly slots: ReadonlyMap<Hash, Bytes>;
}

/** What one block changed. An account with changed storage is always in {@link accounts} too: its root changed. */
export interface StateDiff {
  /** `undefined` for an account that is gone. */
  readonly accounts: ReadonlyMap<Address, AccountState | undefined>;
  readonly storage: ReadonlyMap<Address, StorageDiff>;
  /** Code that appeared, by its hash. */
  readonly code: ReadonlyMap<Hash, Bytes>;
}

/** Outcome of one transaction beside its receipt. */
export interface TransactionResult {
  readonly gasUsed: bigint;
  /** Contract created by the transaction itself; only when it succeeded. */
  readonly contractAddress?: Address;
  /** Wei per gas the sender paid. */
  readonly effectiveGasPrice: bigint;
  /** Native balances that it changed; tips stand with the last transaction before the producer's balance moves otherwise. */
  readonly moves: readonly BalanceMove[];
}

/** A block with everything that follows from running it. */
export interface ExecutedBlock {
  readonly block: Block;
  /** One per transaction. */
  readonly receipts: readonly Receipt[];
  /** One per transaction. */
  readonly results: readonly TransactionResult[];
  readonly diff: StateDiff;
}

/**
 * Where the executor keeps the final state: flat rows by key, not trie nodes, with what each block replaced kept as undo
 * rows. Everything is synchronous; a failing store throws and the executor passes it on.
 */
export interface StateStore {
  account(address: Address): AccountState | undefined;
  /** Without leading zeros; undefined for zero. */
  slot(address: Address, key: Hash): Bytes | undefined;
  code(hash: Hash): Bytes | undefined;
  /** State after `block`, from {@link historyStart} to the head. */
  accountAt(address: Address, block: bigint): AccountState | undefined;
  slotAt(address: Address, key: Hash, block: bigint): Bytes | undefined;
  /** All that exist now, in any order. */
  accounts(): Iterable<[Address, AccountState]>;
  slots(address: Address): Iterable<[Hash, Bytes]>;
  /** Addresses that a block above `since` changed, up to `until` where that is given. */
  changedAccounts(since: bigint, until?: bigint): Iterable<Address>;
  /**
   * Slots that a block above `since` changed, with their value after `since`: those of the next `count` slots after `after`,
   * in the order of keys; `next` is where to go on.
   */
  changedSlotsAfter(
    address: Address,
    since: bigint,
    after: Hash | undefined,
    count: number,
  ): { readonly changes: readonly [Hash, Bytes][]; readonly next: Hash | undefined };
  /** Writes blocks that follow the head, all or none, and makes the last of them the head. */
  commit(blocks: readonly ExecutedBlock[]): void;
  /** Takes the blocks above `to` back, all or none. */
  rollback(to: bigint): void;
  head(): { readonly number: bigint; readonly hash: Hash } | undefined;
  hashOf(number: bigint): Hash | undefined;
  numberOf(hash: Hash): bigint | undefined;
  header(number: bigint): BlockHeader | undefined;
  /** The oldest block after which the state can still be read. */
  historyStart(): bigint;
}
