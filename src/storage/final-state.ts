import { type AccountState, type BlockHeader, decodeHeader } from "../chain/index.ts";
import { BugError, EnvironmentError } from "../errors.ts";
import { type Address, type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import { createBlockWrites } from "./block-writes.ts";
import type { Database, Query } from "./database.ts";
import { storeCorrupt } from "./errors.ts";
import { createStateRows, type SlotPage } from "./state-rows.ts";
import type { FinalBlock } from "./state-types.ts";
import { createStateWrites } from "./state-writes.ts";
import { hashKey, rowNumber } from "./values.ts";

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
  /** Forgets undo rows up to and including `block`, at most `limit` blocks of them; gives the blocks forgotten. */
  pruneHistory(block: bigint, limit: number): number;
}

interface Head {
  readonly number: bigint;
  readonly hash: Hash;
}

export function createFinalState(database: Database): FinalStateStore {
  const rows = createStateRows(database);
  const writes = createStateWrites(database);
  const blocks = createBlockWrites(database);
  const newest: Query<{ number: number; hash: Bytes }> = database.prepare(
    "SELECT number, hash FROM block ORDER BY number DESC LIMIT 1",
  );
  const blockAt: Query<{ hash: Bytes; header: Bytes }> = database.prepare(
    "SELECT hash, header FROM block WHERE number = ?",
  );
  const blocksByKey: Query<{ number: number; hash: Bytes }> = database.prepare(
    "SELECT number, hash FROM block WHERE key = ?",
  );
  const oldestUndo: Query<{ block: number | null }> = database.prepare("SELECT min(block) AS block FROM undo");
  const undosUpTo: Query<{ block: number }> = database.prepare(
    "SELECT block FROM undo WHERE block <= ? ORDER BY block LIMIT ?",
  );
  const hasUndo: Query<{ block: number }> = database.prepare("SELECT block FROM undo WHERE block = ?");
  const deleteFinality = database.prepare("DELETE FROM finality WHERE height > ?");
  const undeliver = database.prepare("UPDATE deposit SET delivered = NULL WHERE delivered > ?");

  let head = readHead();

  function readHead(): Head | undefined {
    const row = newest.get();
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
      database.transaction(() => {
        for (const final of finals) {
          next = checkNext(final, next);
          blocks.insert(final);
          writes.apply(rowNumber(final.block.header.number), final.diff);
        }
      });
      head = next;
    },

    rollback(to) {
      if (head === undefined || to >= head.number) return;
      const target = rowNumber(to);
      const from = rowNumber(head.number);
      database.transaction(() => {
        for (let block = from; block > target; block--) {
          if (!hasUndo.get(block)) throw historyPruned(database.file, block);
          writes.undo(block);
        }
        blocks.removeAbove(target);
        deleteFinality.run(target);
        undeliver.run(target);
      });
      head = readHead();
    },

    head: () => head,

    hashOf(number) {
      const row = number < 0n ? undefined : blockAt.get(rowNumber(number));
      return row && hashFromBytes(row.hash);
    },

    numberOf(hash) {
      const row = blocksByKey.all(hashKey(hashToBytes(hash))).find((found) => hashFromBytes(found.hash) === hash);
      return row && BigInt(row.number);
    },

    header(number) {
      const row = number < 0n ? undefined : blockAt.get(rowNumber(number));
      if (!row) return undefined;
      const header = decodeHeader(row.header);
      if (!header.ok) throw storeCorrupt(database.file, `header of block ${number} does not decode`);
      return header.value;
    },

    historyStart() {
      const oldest = oldestUndo.get()?.block ?? null;
      return oldest === null ? (head?.number ?? 0n) : BigInt(oldest) - 1n;
    },

    pruneHistory(block, limit) {
      return database.transaction(() => {
        const old = undosUpTo.all(rowNumber(block), limit);
        for (const row of old) writes.forget(row.block);
        return old.length;
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
