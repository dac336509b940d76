import type { AccountState, BlockHeader } from "../chain/index.ts";
import { BugError, EnvironmentError } from "../errors.ts";
import { type Address, type Bytes, type Hash, hashFromBytes } from "../primitives/index.ts";
import { createBlockWrites } from "./block-writes.ts";
import type { ChainIndexes } from "./chain-indexes.ts";
import type { Database, Query } from "./database.ts";
import { createHeaderRows } from "./header-rows.ts";
import { createHistoryMarks } from "./history-marks.ts";
import { createPaymentWrites } from "./payment-writes.ts";
import { createStateRows, type SlotPage } from "./state-rows.ts";
import type { FinalBlock } from "./state-types.ts";
import { createStateWrites } from "./state-writes.ts";
import { rowNumber } from "./values.ts";

/** The final state and its history; fits the `StateStore` port of the executor. */
export interface FinalStateStore {
  account(address: Address): AccountState | undefined;
  /** Without leading zeros; undefined for zero. */
  slot(address: Address, key: Hash): Bytes | undefined;
  code(hash: Hash): Bytes | undefined;
  /** State after `block`, which must not be below {@link historyStart}. */
  accountAt(address: Address, block: bigint): AccountState | undefined;
  slotAt(address: Address, key: Hash, block: bigint): Bytes | undefined;
  accounts(): Iterable<[Address, AccountState]>;
  slots(address: Address): Iterable<[Hash, Bytes]>;
  changedAccounts(since: bigint, until?: bigint): Iterable<Address>;
  changedSlotsAfter(address: Address, since: bigint, after: Hash | undefined, count: number): SlotPage;
  /** Writes final blocks in one SQLite transaction: all of them or none. */
  commit(blocks: readonly FinalBlock[]): void;
  /**
   * Takes blocks above `to` back, newest first, in one transaction; deposits they delivered count as undelivered again.
   *
   * @throws {EnvironmentError} KOMA_E_HISTORY_PRUNED when undo rows of one of them are gone
   */
  rollback(to: bigint): void;
  head(): { readonly number: bigint; readonly hash: Hash } | undefined;
  hashOf(number: bigint): Hash | undefined;
  numberOf(hash: Hash): bigint | undefined;
  header(number: bigint): BlockHeader | undefined;
  /** The oldest block after which the state can still be read. */
  historyStart(): bigint;
  /**
   * Forgets states before `block` for good: at most `most` rows of them, a few microseconds each.
   *
   * @returns false when nothing is left to forget
   */
  pruneHistory(block: bigint, most: number): boolean;
  /**
   * Forgets transactions, receipts and logs of blocks below `block` for good: at most `most` transactions of them. Of payments
   * each owner's newest stays.
   *
   * @returns false when nothing is left to forget
   */
  pruneTransactions(block: bigint, most: number): boolean;
}

interface Head {
  readonly number: bigint;
  readonly hash: Hash;
}

export function createFinalState(database: Database, indexes: ChainIndexes): FinalStateStore {
  const rows = createStateRows(database);
  const writes = createStateWrites(database);
  const blocks = createBlockWrites(database, indexes.transactions);
  const payments = createPaymentWrites(database, indexes.payments);
  const headers = createHeaderRows(database);
  const marks = createHistoryMarks(database);
  const oldestUndo: Query<{ block: number }> = database.prepare(
    "SELECT block FROM undo WHERE block <= ? ORDER BY block LIMIT 1",
  );
  const hasUndo: Query<{ block: number }> = database.prepare("SELECT block FROM undo WHERE block = ?");
  const deleteFinality = database.prepare("DELETE FROM finality WHERE height > ?");
  const undeliver = database.prepare("UPDATE deposit SET delivered = NULL WHERE delivered > ?");

  let head = readHead();
  // Asked for with every read of an older state, and moved by this connection only.
  let oldestState = marks.states();

  function write<T>(work: () => T): T {
    try {
      return database.transaction(work);
    } catch (error) {
      indexes.invalidate();
      throw error;
    }
  }

  function readHead(): Head | undefined {
    const row = headers.newest();
    return row && { number: BigInt(row.number), hash: hashFromBytes(row.hash) };
  }

  function checkNext(final: FinalBlock, parent: Head | undefined): Head {
    const { header, hash } = final.block;
    const expected = parent === undefined ? 0n : parent.number + 1n;
    if (header.number !== expected || (parent !== undefined && header.parentHash !== parent.hash)) {
      throw new BugError(`block ${header.number} ${hash} does not follow the stored head`, {
        facts: { head: parent?.number ?? -1n, hash: parent?.hash ?? "none" },
      });
    }
    return { number: header.number, hash };
  }

  return {
    account: rows.account,
    slot: rows.slot,
    code: rows.code,
    accountAt: (address, block) => rows.accountAt(address, rowNumber(block)),
    slotAt: (address, key, block) => rows.slotAt(address, key, rowNumber(block)),
    accounts: rows.accounts,
    slots: rows.slots,
    changedAccounts: (since, until) =>
      rows.changedAccounts(rowNumber(since), until === undefined ? undefined : rowNumber(until)),
    changedSlotsAfter: (address, since, after, count) =>
      rows.changedSlotsAfter(address, rowNumber(since), after, count),

    commit(finals) {
      let next = head;
      write(() => {
        for (const final of finals) {
          next = checkNext(final, next);
          blocks.insert(final);
          payments.insert(final);
          writes.apply(rowNumber(final.block.header.number), final.diff);
        }
      });
      head = next;
    },

    rollback(to) {
      if (head === undefined || to >= head.number) return;
      const target = rowNumber(to);
      const from = rowNumber(head.number);
      // Below the mark a block may have lost some of its undo rows only, and then would be put back halfway.
      if (to < oldestState) throw historyPruned(database.file, target + 1);
      write(() => {
        for (let block = from; block > target; block--) {
          if (!hasUndo.get(block)) throw historyPruned(database.file, block);
          writes.undo(block);
        }
        blocks.removeAbove(target);
        payments.removeAbove(target);
        deleteFinality.run(target);
        undeliver.run(target);
      });
      head = readHead();
    },

    head: () => head,

    hashOf: headers.hashOf,
    numberOf: headers.numberOf,
    header: headers.header,

    historyStart: () => oldestState,

    pruneHistory(block, most) {
      const last = head === undefined || block < head.number ? block : head.number;
      const isMore = write(() => {
        let left = most;
        for (let oldest = oldestUndo.get(rowNumber(last)); oldest; oldest = oldestUndo.get(rowNumber(last))) {
          if (left <= 0) return true;
          marks.moveStates(last);
          // A block without changes has a row of its own, too.
          left -= Math.max(1, writes.forget(oldest.block, left));
        }
        return false;
      });
      oldestState = marks.states();
      return isMore;
    },

    pruneTransactions(block, most) {
      const first = head === undefined || block < head.number ? block : head.number;
      return write(() => {
        const deleted = blocks.removeTransactionsBelow(rowNumber(first), most, payments.forgetBefore);
        if (deleted > 0) marks.moveTransactions(first);
        return deleted === most;
      });
    },
  };
}

function historyPruned(file: string, block: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_HISTORY_PRUNED", `Block ${block} cannot be taken back: its undo data is gone.`, {
    facts: { file, block },
    fix: ["Move the data directory away and let the node fetch the chain again."],
  });
}
