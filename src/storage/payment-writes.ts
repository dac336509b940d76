import { paymentsOf } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { addressToBytes, type Bytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import type { KeyEntry, KeyIndex } from "./key-index.ts";
import { decodePayments, encodePayments, paymentKeys } from "./payment-rows.ts";
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

export function createPaymentWrites(database: Database, owners: KeyIndex): PaymentWrites {
  const insertPayment = database.prepare("INSERT INTO payment VALUES (?, ?)");
  const insertToken = database.prepare("INSERT OR IGNORE INTO payment_token VALUES (?, ?)");
  const deleteTokens = database.prepare("DELETE FROM payment_token WHERE first >= ?");
  const one: Query<{ moves: Bytes }> = database.prepare("SELECT moves FROM payment WHERE tx = ?");
  const deletePayment = database.prepare("DELETE FROM payment WHERE tx = ?");
  const deletePayments = database.prepare("DELETE FROM payment WHERE tx >= ?");

  function keysOf(tx: number): readonly number[] {
    const row = one.get(tx);
    return row ? [...paymentKeys(decodePayments(row.moves))] : [];
  }

  return {
    insert({ block, receipts, results }) {
      const number = rowNumber(block.header.number);
      let firstLog = 0;
      const keys: KeyEntry[] = [];
      for (const [index, { logs }] of receipts.entries()) {
        const result = results[index];
        if (!result) throw new BugError(`transaction ${index} of block ${number} has no result`);
        const payments = paymentsOf(result.moves, logs, firstLog);
        firstLog += logs.length;
        if (payments.length === 0) continue;
        const id = transactionId(number, index);
        insertPayment.run(id, encodePayments(payments));
        for (const key of paymentKeys(payments)) keys.push([key, id]);
        for (const { token } of payments) if (token !== undefined) insertToken.run(addressToBytes(token), id);
      }
      owners.add(keys);
    },

    removeAbove(to) {
      const first = transactionId(to + 1, 0);
      owners.removeFrom(first);
      deletePayments.run(first);
      deleteTokens.run(first);
    },

    forgetBefore(tx) {
      for (const key of keysOf(tx)) {
        for (const older of owners.newest(key, tx, Number.MAX_SAFE_INTEGER)) {
          owners.remove(key, older);
          if (!keysOf(older).some((other) => owners.newest(other, older + 1, 1)[0] === older)) deletePayment.run(older);
        }
      }
    },
  };
}
