import { bigintToBytes, bytesToBigint } from "../primitives/index.ts";
import type { Database } from "./database.ts";
import { createMetaStore } from "./meta.ts";

const STATES = "history.states";
const TRANSACTIONS = "history.transactions";

/**
 * What of the past is still here. Both marks are written before the rows below them are deleted, so that a half deleted
 * block is never taken for a whole one, neither by another connection nor after a crash.
 */
export interface HistoryMarks {
  /** The oldest block after which the state can be read. */
  states(): bigint;
  /** The oldest block whose transactions and receipts are here; headers are kept for ever. */
  transactions(): bigint;
  /** Moves the mark up, never down; belongs into the transaction that deletes the first row below it. */
  moveStates(to: bigint): void;
  moveTransactions(to: bigint): void;
}

export function createHistoryMarks(database: Database): HistoryMarks {
  const meta = createMetaStore(database);

  function mark(name: string): bigint {
    const value = meta.get(name);
    return value === undefined ? 0n : bytesToBigint(value);
  }

  function move(name: string, to: bigint): void {
    if (to > mark(name)) meta.set(name, bigintToBytes(to));
  }

  return {
    states: () => mark(STATES),
    transactions: () => mark(TRANSACTIONS),
    moveStates: (to) => move(STATES, to),
    moveTransactions: (to) => move(TRANSACTIONS, to),
  };
}
