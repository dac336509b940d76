import { type AccountState, emptyCodeHash, emptyTrieRoot } from "../chain/index.ts";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  bytesToBigint,
  emptyBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
} from "../primitives/index.ts";
import type { Database, Query, SqlValue } from "./database.ts";
import { plainBytes, readStoredInteger, storedInteger } from "./values.ts";

/** The columns that `account` and `undo_account` share; all NULL when there is no account. */
export interface AccountColumns {
  readonly nonce: number | Bytes | null;
  readonly balance: Bytes | null;
  readonly code: Bytes | null;
  readonly storage: Bytes | null;
}

interface SlotRow {
  readonly key: Bytes;
  readonly value: Bytes;
}

/** Columns of an account, in the order nonce, balance, code, storage. The two common hashes are stored as NULL. */
export function accountColumns(account: AccountState | undefined): [SqlValue, SqlValue, SqlValue, SqlValue] {
  if (account === undefined) return [null, null, null, null];
  return [
    storedInteger(account.nonce),
    bigintToBytes(account.balance),
    account.codeHash === emptyCodeHash ? null : hashToBytes(account.codeHash),
    account.storageRoot === emptyTrieRoot ? null : hashToBytes(account.storageRoot),
  ];
}

export function readAccount(row: AccountColumns | undefined): AccountState | undefined {
  if (row === undefined || row.nonce === null) return undefined;
  return {
    nonce: readStoredInteger(row.nonce),
    balance: row.balance === null ? 0n : bytesToBigint(row.balance),
    codeHash: row.code === null ? emptyCodeHash : hashFromBytes(row.code),
    storageRoot: row.storage === null ? emptyTrieRoot : hashFromBytes(row.storage),
  };
}

/** Reads of the flat state: now, and after any block whose undo rows are still kept. */
export interface StateRows {
  account(address: Address): AccountState | undefined;
  slot(address: Address, key: Hash): Bytes | undefined;
  code(hash: Hash): Bytes | undefined;
  accountAt(address: Address, block: number): AccountState | undefined;
  slotAt(address: Address, key: Hash, block: number): Bytes | undefined;
  accounts(): Iterable<[Address, AccountState]>;
  slots(address: Address): Iterable<[Hash, Bytes]>;
  /** Addresses that a block above `block` changed, up to `until` where that is given. */
  changedAccounts(block: number, until?: number): Iterable<Address>;
  /**
   * Slots of `address` that a block above `block` changed, with their value after `block`: those of the next `count` slots
   * after `after`, in the order of keys; `next` is where to go on.
   */
  changedSlotsAfter(address: Address, block: number, after: Hash | undefined, count: number): SlotPage;
}

/** Some of the changed slots of an account. */
export interface SlotPage {
  readonly changes: readonly [Hash, Bytes][];
  /** Undefined when there are no more. */
  readonly next: Hash | undefined;
}

/** Ids of rows, packed as 8-byte floats: one blob per block instead of an index over every undo row. */
export function packIds(ids: readonly number[]): Bytes {
  return new Uint8Array(Float64Array.from(ids).buffer);
}

export function unpackIds(bytes: Bytes): Float64Array {
  // Copied, because a blob from SQLite need not be aligned to eight bytes.
  return new Float64Array(bytes.slice().buffer);
}

export function createStateRows(database: Database): StateRows {
  const byAddress: Query<AccountColumns & { id: number }> = database.prepare(
    "SELECT id, nonce, balance, code, storage FROM account WHERE address = ?",
  );
  const accountId: Query<{ id: number }> = database.prepare("SELECT id FROM account WHERE address = ?");
  const addressOf: Query<{ address: Bytes }> = database.prepare("SELECT address FROM account WHERE id = ?");
  const accountAfter: Query<AccountColumns> = database.prepare(
    "SELECT nonce, balance, code, storage FROM undo_account WHERE account = ? AND block > ? ORDER BY block LIMIT 1",
  );
  const slotValue: Query<{ value: Bytes }> = database.prepare(
    "SELECT value FROM slot WHERE account = (SELECT id FROM account WHERE address = ?) AND key = ?",
  );
  const slotRow: Query<{ id: number; value: Bytes }> = database.prepare(
    "SELECT id, value FROM slot WHERE account = (SELECT id FROM account WHERE address = ?) AND key = ?",
  );
  const slotAfter: Query<{ value: Bytes }> = database.prepare(
    "SELECT value FROM undo_slot WHERE slot = ? AND block > ? ORDER BY block LIMIT 1",
  );
  const codeBytes: Query<{ bytes: Bytes }> = database.prepare("SELECT bytes FROM code WHERE hash = ?");
  const allAccounts: Query<AccountColumns & { address: Bytes }> = database.prepare(
    "SELECT address, nonce, balance, code, storage FROM account WHERE nonce IS NOT NULL",
  );
  const allSlots: Query<SlotRow> = database.prepare(
    "SELECT key, value FROM slot WHERE account = ? AND length(value) > 0",
  );
  const undosAbove: Query<{ accounts: Bytes }> = database.prepare(
    "SELECT accounts FROM undo WHERE block > ? AND block <= ?",
  );
  const slotsAfter: Query<{ id: number; key: Bytes }> = database.prepare(
    "SELECT id, key FROM slot WHERE account = ? AND key > ? ORDER BY key LIMIT ?",
  );

  return {
    account: (address) => readAccount(byAddress.get(addressToBytes(address))),
    slot: (address, key) => nonZero(slotValue.get(addressToBytes(address), hashToBytes(key))?.value),
    code: (hash) => {
      if (hash === emptyCodeHash) return emptyBytes;
      const row = codeBytes.get(hashToBytes(hash));
      return row && plainBytes(row.bytes);
    },
    accountAt(address, block) {
      const row = byAddress.get(addressToBytes(address));
      return row && readAccount(accountAfter.get(row.id, block) ?? row);
    },
    slotAt(address, key, block) {
      const row = slotRow.get(addressToBytes(address), hashToBytes(key));
      return row && nonZero((slotAfter.get(row.id, block) ?? row).value);
    },
    *accounts() {
      for (const row of allAccounts.iterate()) {
        yield [addressFromBytes(row.address), readAccount(row) as AccountState];
      }
    },
    *slots(address) {
      const id = accountId.get(addressToBytes(address))?.id;
      if (id === undefined) return;
      for (const row of allSlots.iterate(id)) yield [hashFromBytes(row.key), plainBytes(row.value)];
    },
    *changedAccounts(block, until = Number.MAX_SAFE_INTEGER) {
      const ids = new Set<number>();
      for (const row of undosAbove.iterate(block, until)) for (const id of unpackIds(row.accounts)) ids.add(id);
      for (const id of ids) {
        const row = addressOf.get(id);
        if (row) yield addressFromBytes(row.address);
      }
    },
    changedSlotsAfter(address, block, after, count) {
      const id = accountId.get(addressToBytes(address))?.id;
      if (id === undefined) return { changes: [], next: undefined };
      const rows = slotsAfter.all(id, after === undefined ? emptyBytes : hashToBytes(after), count);
      const changes: [Hash, Bytes][] = [];
      for (const row of rows) {
        const before = slotAfter.get(row.id, block);
        if (before) changes.push([hashFromBytes(row.key), plainBytes(before.value)]);
      }
      const last = rows.length === count ? rows.at(-1) : undefined;
      return { changes, next: last && hashFromBytes(last.key) };
    },
  };
}

function nonZero(value: Bytes | undefined): Bytes | undefined {
  return value === undefined || value.length === 0 ? undefined : plainBytes(value);
}
