import { encodeHeader } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { addressToBytes, type Bytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import type { KeyEntry, KeyIndex } from "./key-index.ts";
import { decodeLogs, encodeLogs, logKeys } from "./receipt-rows.ts";
import type { FinalBlock } from "./state-types.ts";
import { hashKey, rowNumber, transactionId } from "./values.ts";

/** Writes of blocks, transactions, receipts and their indexes; callers hold the transaction. */
export interface BlockWrites {
  insert(final: FinalBlock): void;
  /** Removes every block above `to`. */
  removeAbove(to: number): void;
  /**
   * Deletes transactions, receipts and logs below `block`, at most `most` transactions, oldest first. Headers stay.
   *
   * @param gone  told the row id of each
   * @returns how many were deleted
   */
  removeTransactionsBelow(block: number, most: number, gone: (id: number) => void): number;
}

export function createBlockWrites(database: Database, hashes: KeyIndex): BlockWrites {
  const insertBlock = database.prepare("INSERT INTO block VALUES (?, ?, ?, ?, ?)");
  const insertTransaction = database.prepare("INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const insertLogKey = database.prepare("INSERT INTO log_key VALUES (?, ?)");
  const logsAbove: Query<{ id: number; logs: Bytes }> = database.prepare(
    "SELECT id, logs FROM tx WHERE id >= ? AND logs IS NOT NULL",
  );
  const deleteLogKey = database.prepare("DELETE FROM log_key WHERE key = ? AND tx = ?");
  const deleteTransactions = database.prepare("DELETE FROM tx WHERE id >= ?");
  const oldest: Query<{ id: number; key: number; logs: Bytes | null }> = database.prepare(
    "SELECT id, key, logs FROM tx WHERE id < ? ORDER BY id LIMIT ?",
  );
  const deleteUpTo = database.prepare("DELETE FROM tx WHERE id <= ?");
  const deleteBlocks = database.prepare("DELETE FROM block WHERE number > ?");

  return {
    insert({ block, receipts, results }) {
      const number = rowNumber(block.header.number);
      const hash = hashToBytes(block.hash);
      insertBlock.run(number, hashKey(hash), hash, encodeHeader(block.header), block.transactions.length);
      let firstLog = 0;
      const keys: KeyEntry[] = [];
      for (const [index, tx] of block.transactions.entries()) {
        const id = transactionId(number, index);
        const receipt = receipts[index];
        const result = results[index];
        if (!receipt || !result) throw new BugError(`transaction ${index} of block ${number} has no receipt`);
        const txHash = hashToBytes(tx.hash);
        const key = hashKey(txHash);
        keys.push([key, id]);
        insertTransaction.run(
          id,
          key,
          txHash,
          tx.raw,
          addressToBytes(tx.sender),
          receipt.status,
          Number(receipt.cumulativeGasUsed),
          Number(result.gasUsed),
          result.contractAddress === undefined ? null : addressToBytes(result.contractAddress),
          firstLog,
          encodeLogs(receipt.logs),
        );
        if (receipt.logs.length > 0) for (const key of logKeys(receipt.logs)) insertLogKey.run(key, id);
        firstLog += receipt.logs.length;
      }
      hashes.add(keys);
    },

    removeAbove(to) {
      const first = transactionId(to + 1, 0);
      // The log index is ordered by key, so its rows are found again through the logs themselves.
      for (const { id, logs } of logsAbove.all(first)) {
        for (const key of logKeys(decodeLogs(logs))) deleteLogKey.run(key, id);
      }
      hashes.removeFrom(first);
      deleteTransactions.run(first);
      deleteBlocks.run(to);
    },

    removeTransactionsBelow(block, most, gone) {
      const rows = oldest.all(transactionId(block, 0), most);
      for (const { id, key: hash, logs } of rows) {
        hashes.remove(hash, id);
        for (const key of logKeys(decodeLogs(logs))) deleteLogKey.run(key, id);
        gone(id);
      }
      const last = rows.at(-1);
      if (last) deleteUpTo.run(last.id);
      return rows.length;
    },
  };
}
