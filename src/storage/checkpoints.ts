import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { plainBytes, rowNumber } from "./values.ts";

export type CheckpointStatus = "pending" | "finalized" | "rejected";

/** A checkpoint that this node saw on the root chain. */
export interface StoredCheckpoint {
  readonly number: bigint;
  /** Rollbacks of the chain before it; a rejected number comes back with the next generation. */
  readonly generation: bigint;
  /** First and last block, inclusive. */
  readonly start: bigint;
  readonly end: bigint;
  readonly rootHash: Hash;
  readonly lastBlockHash: Hash;
  readonly structHash: Hash;
  readonly status: CheckpointStatus;
  /** Root-chain block with its event. */
  readonly seenAt: bigint;
  /** The rest, opaque to the store. */
  readonly body: Bytes;
}

export interface CheckpointStore {
  /** Inserts, or replaces what is stored for the same number and generation. */
  put(checkpoint: StoredCheckpoint): void;
  setStatus(number: bigint, generation: bigint, status: CheckpointStatus): void;
  /** The one with the greatest generation. */
  get(number: bigint): StoredCheckpoint | undefined;
  /** The one with the greatest generation up to `generation`: what the number stood for then. */
  asOf(number: bigint, generation: bigint): StoredCheckpoint | undefined;
  /** The one that is not rejected and contains `block`. */
  covering(block: bigint): StoredCheckpoint | undefined;
  /** The greatest number, of one status or of all that are not rejected. */
  newest(status?: CheckpointStatus): StoredCheckpoint | undefined;
  /** In order of number, from `first` on. */
  list(first: bigint, limit: number): readonly StoredCheckpoint[];
  /** Forgets what was seen above a root-chain block that a reorganisation replaced. */
  removeSeenAbove(rootBlock: bigint): void;
}

interface CheckpointRow {
  readonly number: number;
  readonly generation: number;
  readonly start: number;
  readonly end: number;
  readonly root: Bytes;
  readonly last_block: Bytes;
  readonly struct: Bytes;
  readonly status: CheckpointStatus;
  readonly seen_at: number;
  readonly body: Bytes;
}

export function createCheckpointStore(database: Database): CheckpointStore {
  const put = database.prepare("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const update = database.prepare("UPDATE checkpoint SET status = ? WHERE number = ? AND generation = ?");
  const byNumber: Query<CheckpointRow> = database.prepare(
    "SELECT * FROM checkpoint WHERE number = ? ORDER BY generation DESC LIMIT 1",
  );
  const asOf: Query<CheckpointRow> = database.prepare(
    "SELECT * FROM checkpoint WHERE number = ? AND generation <= ? ORDER BY generation DESC LIMIT 1",
  );
  const covering: Query<CheckpointRow> = database.prepare(
    `SELECT * FROM checkpoint WHERE start <= ? AND "end" >= ? AND status <> 'rejected' ORDER BY number DESC LIMIT 1`,
  );
  const newest: Query<CheckpointRow> = database.prepare(
    "SELECT * FROM checkpoint WHERE status <> 'rejected' ORDER BY number DESC, generation DESC LIMIT 1",
  );
  const newestOf: Query<CheckpointRow> = database.prepare(
    "SELECT * FROM checkpoint WHERE status = ? ORDER BY number DESC, generation DESC LIMIT 1",
  );
  const list: Query<CheckpointRow> = database.prepare(
    "SELECT * FROM checkpoint WHERE number >= ? ORDER BY number, generation LIMIT ?",
  );
  const removeAbove = database.prepare("DELETE FROM checkpoint WHERE seen_at > ?");

  return {
    put(checkpoint) {
      put.run(
        rowNumber(checkpoint.number),
        rowNumber(checkpoint.generation),
        rowNumber(checkpoint.start),
        rowNumber(checkpoint.end),
        hashToBytes(checkpoint.rootHash),
        hashToBytes(checkpoint.lastBlockHash),
        hashToBytes(checkpoint.structHash),
        checkpoint.status,
        rowNumber(checkpoint.seenAt),
        checkpoint.body,
      );
    },
    setStatus(number, generation, status) {
      update.run(status, rowNumber(number), rowNumber(generation));
    },
    get: (number) => read(byNumber.get(rowNumber(number))),
    asOf: (number, generation) => read(asOf.get(rowNumber(number), rowNumber(generation))),
    covering: (block) => read(covering.get(rowNumber(block), rowNumber(block))),
    newest: (status) => read(status === undefined ? newest.get() : newestOf.get(status)),
    list: (first, limit) => list.all(rowNumber(first), limit).map((row) => read(row) as StoredCheckpoint),
    removeSeenAbove(rootBlock) {
      removeAbove.run(rowNumber(rootBlock));
    },
  };
}

function read(row: CheckpointRow | undefined): StoredCheckpoint | undefined {
  return (
    row && {
      number: BigInt(row.number),
      generation: BigInt(row.generation),
      start: BigInt(row.start),
      end: BigInt(row.end),
      rootHash: hashFromBytes(row.root),
      lastBlockHash: hashFromBytes(row.last_block),
      structHash: hashFromBytes(row.struct),
      status: row.status,
      seenAt: BigInt(row.seen_at),
      body: plainBytes(row.body),
    }
  );
}
