import { type Bytes, bigintToBytes, bytesToBigint } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { createMetaStore } from "./meta.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** A deposit or message of the root chain, in the one ordered stream that feeds this chain. */
export interface StoredDeposit {
  /** Consecutive from 1. */
  readonly id: bigint;
  /** Root-chain block with its event. */
  readonly seenAt: bigint;
  /** The event, opaque to the store. */
  readonly body: Bytes;
  /** Final block of this chain whose transaction delivered it; undefined until then. */
  readonly deliveredIn: bigint | undefined;
}

export interface DepositStore {
  /** Stores events and moves the cursor in one transaction; a known id is left as it is. */
  record(deposits: readonly Omit<StoredDeposit, "deliveredIn">[], cursor: bigint): void;
  /** Last root-chain block whose events are all recorded. */
  cursor(): bigint | undefined;
  get(id: bigint): StoredDeposit | undefined;
  /** In order of id, from `first` on. */
  list(first: bigint, limit: number): readonly StoredDeposit[];
  newest(): StoredDeposit | undefined;
  /** Undone by a rollback below `block`. */
  markDelivered(id: bigint, block: bigint): void;
  /** Forgets undelivered events above a root-chain block that a reorganisation replaced, and moves the cursor to it. */
  rewind(rootBlock: bigint): void;
}

const CURSOR = "deposit.cursor";

interface DepositRow {
  readonly id: number;
  readonly seen_at: number;
  readonly body: Bytes;
  readonly delivered: number | null;
}

export function createDepositStore(database: Database): DepositStore {
  const meta = createMetaStore(database);
  const insert = database.prepare("INSERT OR IGNORE INTO deposit VALUES (?, ?, ?, NULL)");
  const byId: Query<DepositRow> = database.prepare("SELECT * FROM deposit WHERE id = ?");
  const list: Query<DepositRow> = database.prepare("SELECT * FROM deposit WHERE id >= ? ORDER BY id LIMIT ?");
  const newest: Query<DepositRow> = database.prepare("SELECT * FROM deposit ORDER BY id DESC LIMIT 1");
  const deliver = database.prepare("UPDATE deposit SET delivered = ? WHERE id = ?");
  const remove = database.prepare("DELETE FROM deposit WHERE seen_at > ? AND delivered IS NULL");

  return {
    record(deposits, cursor) {
      database.transaction(() => {
        for (const { id, seenAt, body } of deposits) insert.run(rowNumber(id), rowNumber(seenAt), body);
        meta.set(CURSOR, bigintToBytes(cursor));
      });
    },
    cursor() {
      const value = meta.get(CURSOR);
      return value && bytesToBigint(value);
    },
    get: (id) => read(byId.get(rowNumber(id))),
    list: (first, limit) => list.all(rowNumber(first), limit).map((row) => read(row) as StoredDeposit),
    newest: () => read(newest.get()),
    markDelivered(id, block) {
      deliver.run(rowNumber(block), rowNumber(id));
    },
    rewind(rootBlock) {
      database.transaction(() => {
        remove.run(rowNumber(rootBlock));
        meta.set(CURSOR, bigintToBytes(rootBlock));
      });
    },
  };
}

function read(row: DepositRow | undefined): StoredDeposit | undefined {
  return (
    row && {
      id: BigInt(row.id),
      seenAt: BigInt(row.seen_at),
      body: plainBytes(row.body),
      deliveredIn: row.delivered === null ? undefined : BigInt(row.delivered),
    }
  );
}
