import type { Bytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { createKeyIndex, type KeyEntry, type KeyIndex } from "./key-index.ts";
import { decodePayments, paymentKeys } from "./payment-rows.ts";

/** Where transactions are found by their hash, and payments by their owner. */
export interface ChainIndexes {
  readonly transactions: KeyIndex;
  readonly payments: KeyIndex;
  /** After a transaction of the database that failed. */
  invalidate(): void;
}

export function createChainIndexes(database: Database): ChainIndexes {
  const transactionsFrom: Query<{ key: number; id: number }> = database.prepare(
    "SELECT key, id FROM tx WHERE id >= ? ORDER BY id",
  );
  const paymentsFrom: Query<{ tx: number; moves: Bytes }> = database.prepare(
    "SELECT tx, moves FROM payment WHERE tx >= ? ORDER BY tx",
  );
  const transactions = createKeyIndex(database, {
    name: "tx_key",
    entriesFrom: (first) => transactionsFrom.all(first).map(({ key, id }): KeyEntry => [key, id]),
  });
  const payments = createKeyIndex(database, {
    name: "payment_key",
    entriesFrom: (first) =>
      paymentsFrom
        .all(first)
        .flatMap(({ tx, moves }) => [...paymentKeys(decodePayments(moves))].map((key): KeyEntry => [key, tx])),
  });
  return {
    transactions,
    payments,
    invalidate() {
      transactions.invalidate();
      payments.invalidate();
    },
  };
}
