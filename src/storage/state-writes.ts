import { BugError } from "../errors.ts";
import { addressToBytes, type Bytes, emptyBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { type AccountColumns, accountColumns, packIds, unpackIds } from "./state-rows.ts";
import type { StateChanges, StorageChange } from "./state-types.ts";

/** Writes of the flat state and its undo rows. Every call belongs inside one transaction with its block. */
export interface StateWrites {
  /** Applies what `block` changed; what stood there before goes to undo rows unless this is the genesis block. */
  apply(block: number, changes: StateChanges): void;
  /** Puts back what `block` changed and forgets its undo rows. Blocks are undone from the newest down. */
  undo(block: number): void;
  /**
   * Forgets at most `most` undo rows of `block`; states before it can no longer be read from the first one on.
   *
   * @returns how many there were to forget; below `most` all of them are gone
   */
  forget(block: number, most: number): number;
}

type AccountRowWithId = AccountColumns & { readonly id: number };

export function createStateWrites(database: Database): StateWrites {
  const accountByAddress: Query<AccountRowWithId> = database.prepare(
    "SELECT id, nonce, balance, code, storage FROM account WHERE address = ?",
  );
  const insertAccount: Query<{ id: number }> = database.prepare(
    "INSERT INTO account (address, nonce, balance, code, storage) VALUES (?, ?, ?, ?, ?) RETURNING id",
  );
  const updateAccount = database.prepare(
    "UPDATE account SET nonce = ?, balance = ?, code = ?, storage = ? WHERE id = ?",
  );
  const insertUndoAccount = database.prepare("INSERT INTO undo_account VALUES (?, ?, ?, ?, ?, ?)");
  const undoneAccount: Query<AccountColumns> = database.prepare(
    "SELECT nonce, balance, code, storage FROM undo_account WHERE account = ? AND block = ?",
  );
  const deleteUndoAccount = database.prepare("DELETE FROM undo_account WHERE account = ? AND block = ?");

  const slotByKey: Query<{ id: number; value: Bytes }> = database.prepare(
    "SELECT id, value FROM slot WHERE account = ? AND key = ?",
  );
  const liveSlots: Query<{ id: number; value: Bytes }> = database.prepare(
    "SELECT id, value FROM slot WHERE account = ? AND length(value) > 0",
  );
  const insertSlot: Query<{ id: number }> = database.prepare(
    "INSERT INTO slot (account, key, value) VALUES (?, ?, ?) RETURNING id",
  );
  const updateSlot = database.prepare("UPDATE slot SET value = ? WHERE id = ?");
  const insertUndoSlot = database.prepare("INSERT OR IGNORE INTO undo_slot VALUES (?, ?, ?)");
  const undoneSlot: Query<{ value: Bytes }> = database.prepare(
    "SELECT value FROM undo_slot WHERE slot = ? AND block = ?",
  );
  const deleteUndoSlot = database.prepare("DELETE FROM undo_slot WHERE slot = ? AND block = ?");

  const insertCode = database.prepare("INSERT OR IGNORE INTO code VALUES (?, ?)");
  const insertUndo = database.prepare("INSERT INTO undo VALUES (?, ?, ?)");
  const undoIds: Query<{ accounts: Bytes; slots: Bytes }> = database.prepare(
    "SELECT accounts, slots FROM undo WHERE block = ?",
  );
  const deleteUndo = database.prepare("DELETE FROM undo WHERE block = ?");
  const shortenUndo = database.prepare("UPDATE undo SET accounts = ?, slots = ? WHERE block = ?");

  function applyStorage(block: number, account: number, change: StorageChange): readonly number[] {
    const touched: number[] = [];
    const remember = (id: number, value: Bytes) => {
      touched.push(id);
      if (block > 0) insertUndoSlot.run(id, block, value);
    };
    if (change.cleared) {
      for (const row of liveSlots.all(account)) {
        remember(row.id, row.value);
        updateSlot.run(emptyBytes, row.id);
      }
    }
    for (const [key, value] of change.slots) {
      const keyBytes = hashToBytes(key);
      const row = slotByKey.get(account, keyBytes);
      if (row) {
        // After a clear the row was remembered already; INSERT OR IGNORE keeps the value from before the block.
        remember(row.id, row.value);
        updateSlot.run(value, row.id);
      } else if (value.length > 0) {
        const inserted = insertSlot.get(account, keyBytes, value);
        if (inserted) remember(inserted.id, emptyBytes);
      }
    }
    return touched;
  }

  return {
    apply(block, changes) {
      const accounts: number[] = [];
      const slots: number[] = [];
      for (const address of changes.storage.keys()) {
        if (!changes.accounts.has(address)) throw new BugError(`storage of ${address} changed without its account`);
      }
      for (const [hash, bytes] of changes.code) insertCode.run(hashToBytes(hash), bytes);
      for (const [address, account] of changes.accounts) {
        const key = addressToBytes(address);
        const before = accountByAddress.get(key);
        const columns = accountColumns(account);
        let id: number;
        if (before) {
          id = before.id;
          updateAccount.run(...columns, id);
        } else {
          if (account === undefined) continue;
          id = (insertAccount.get(key, ...columns) as { id: number }).id;
        }
        accounts.push(id);
        if (block > 0) {
          insertUndoAccount.run(
            id,
            block,
            before?.nonce ?? null,
            before?.balance ?? null,
            before?.code ?? null,
            before?.storage ?? null,
          );
        }
        const storage = changes.storage.get(address);
        if (storage) for (const slot of applyStorage(block, id, storage)) slots.push(slot);
      }
      if (block > 0) insertUndo.run(block, packIds(accounts), packIds(slots));
    },

    undo(block) {
      const ids = undoIds.get(block);
      if (!ids) return;
      for (const id of unpackIds(ids.accounts)) {
        const before = undoneAccount.get(id, block);
        if (before) updateAccount.run(before.nonce, before.balance, before.code, before.storage, id);
        deleteUndoAccount.run(id, block);
      }
      for (const id of unpackIds(ids.slots)) {
        const before = undoneSlot.get(id, block);
        if (before) updateSlot.run(before.value, id);
        deleteUndoSlot.run(id, block);
      }
      deleteUndo.run(block);
    },

    forget(block, most) {
      const ids = undoIds.get(block);
      if (!ids) return 0;
      const accounts = unpackIds(ids.accounts);
      const slots = unpackIds(ids.slots);
      const goneAccounts = accounts.subarray(0, most);
      const goneSlots = slots.subarray(0, most - goneAccounts.length);
      for (const id of goneAccounts) deleteUndoAccount.run(id, block);
      for (const id of goneSlots) deleteUndoSlot.run(id, block);
      const gone = goneAccounts.length + goneSlots.length;
      if (gone === accounts.length + slots.length) deleteUndo.run(block);
      else {
        const left = [accounts.subarray(goneAccounts.length), slots.subarray(goneSlots.length)];
        shortenUndo.run(...(left.map((each) => packIds([...each])) as [Bytes, Bytes]), block);
      }
      return gone;
    },
  };
}
