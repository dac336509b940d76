import { paymentsOf } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { addressToBytes, type Bytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { decodePayments, encodePayments, paymentKey } from "./payment-rows.ts";
import type { FinalBlock } from "./state-types.ts";
import { rowNumber, transactionId } from "./values.ts";

/** Writes of the journal of payments; callers hold the transaction. */
export interface PaymentWrites {
  insert(final: FinalBlock): void;
  /** Removes the entries of every block above `to`. */
  removeAbove(to: number): void;
  /**
   * A transaction is pruned: what its entries spent goes. Its own entries stay until the next one of their owner is pruned, so
   * that of each owner the newest is always there.
   *
   * @param tx  row id
   */
  forgetBefore(tx: number): void;
}

export function createPaymentWrites(database: Database): PaymentWrites {
  const insertPayment = database.prepare("INSERT INTO payment VALUES (?, ?)");
  // One transaction may move the same token of the same owner more than once.
  const insertKey = database.prepare("INSERT OR IGNORE INTO payment_key VALUES (?, ?)");
  const insertToken = database.prepare("INSERT OR IGNORE INTO payment_token VALUES (?, ?)");
  const deleteTokens = database.prepare("DELETE FROM payment_token WHERE first >= ?");
  const above: Query<{ tx: number; moves: Bytes }> = database.prepare("SELECT tx, moves FROM payment WHERE tx >= ?");
  const deleteKey = database.prepare("DELETE FROM payment_key WHERE key = ? AND tx = ?");
  const one: Query<{ moves: Bytes }> = database.prepare("SELECT moves FROM payment WHERE tx = ?");
  const olderOf: Query<{ tx: number }> = database.prepare("SELECT tx FROM payment_key WHERE key = ? AND tx < ?");
  const hasKey: Query<{ tx: number }> = database.prepare("SELECT tx FROM payment_key WHERE key = ? AND tx = ?");
  const deletePayment = database.prepare("DELETE FROM payment WHERE tx = ?");
  const deletePayments = database.prepare("DELETE FROM payment WHERE tx >= ?");

  function keysOf(tx: number): readonly number[] {
    const row = one.get(tx);
    return row ? decodePayments(row.moves).map(({ token, owner }) => paymentKey(token, owner)) : [];
  }

  return {
    insert({ block, receipts, results }) {
      const number = rowNumber(block.header.number);
      let firstLog = 0;
      for (const [index, { logs }] of receipts.entries()) {
        const result = results[index];
        if (!result) throw new BugError(`transaction ${index} of block ${number} has no result`);
        const payments = paymentsOf(result.moves, logs, firstLog);
        firstLog += logs.length;
        if (payments.length === 0) continue;
        const id = transactionId(number, index);
        insertPayment.run(id, encodePayments(payments));
        for (const { token, owner } of payments) {
          insertKey.run(paymentKey(token, owner), id);
          if (token !== undefined) insertToken.run(addressToBytes(token), id);
        }
      }
    },

    removeAbove(to) {
      const first = transactionId(to + 1, 0);
      for (const { tx, moves } of above.all(first)) {
        for (const { token, owner } of decodePayments(moves)) deleteKey.run(paymentKey(token, owner), tx);
      }
      deletePayments.run(first);
      deleteTokens.run(first);
    },

    forgetBefore(tx) {
      for (const key of keysOf(tx)) {
        for (const older of olderOf.all(key, tx)) {
          deleteKey.run(key, older.tx);
          if (!keysOf(older.tx).some((other) => hasKey.get(other, older.tx))) deletePayment.run(older.tx);
        }
      }
    },
  };
}
