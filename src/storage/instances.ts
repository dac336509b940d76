import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** One consensus instance: an era of one generation (KoMaBFT spec 13). */
export interface StoredInstance {
  readonly hash: Hash;
  /** Rollbacks ordered by the root chain before it. */
  readonly generation: bigint;
  readonly era: bigint;
  /** Block hash of the previous era's switch block. */
  readonly keyBlock: Hash;
  /** Milliseconds since the Unix epoch. */
  readonly start: number;
  readonly closed: boolean;
  /** Parameters and committee, opaque to the store. */
  readonly body: Bytes;
}

export interface InstanceStore {
  /** Opening a known instance again changes nothing. */
  open(instance: Omit<StoredInstance, "closed">): void;
  close(hash: Hash): void;
  get(hash: Hash): StoredInstance | undefined;
  /** Oldest first. */
  list(): readonly StoredInstance[];
  newest(): StoredInstance | undefined;
  /**
   * Forgets units and endorsements of an old instance. Its evidence, and what we signed in it, stay: evidence is cited
   * from the next era, and a signature can never be unsigned.
   */
  drop(hash: Hash): void;
  /** Forgets an instance whose units are gone, with its evidence. What we signed in it stays. */
  forget(hash: Hash): void;
}

interface InstanceRow {
  readonly hash: Bytes;
  readonly generation: number;
  readonly era: number;
  readonly key_block: Bytes;
  readonly start: number;
  readonly closed: number;
  readonly body: Bytes;
}

export function createInstanceStore(database: Database): InstanceStore {
  const insert = database.prepare(
    "INSERT OR IGNORE INTO instance (hash, generation, era, key_block, start, body) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const close = database.prepare("UPDATE instance SET closed = 1 WHERE hash = ?");
  const byHash: Query<InstanceRow> = database.prepare("SELECT * FROM instance WHERE hash = ?");
  const all: Query<InstanceRow> = database.prepare("SELECT * FROM instance ORDER BY id");
  const newest: Query<InstanceRow> = database.prepare("SELECT * FROM instance ORDER BY id DESC LIMIT 1");
  const dropUnits = database.prepare("DELETE FROM unit WHERE instance = (SELECT id FROM instance WHERE hash = ?)");
  const dropEndorsements = database.prepare("DELETE FROM endorsement WHERE instance = ?");

  const dropEvidence = database.prepare("DELETE FROM evidence WHERE instance = ?");
  const forget = database.prepare("DELETE FROM instance WHERE hash = ?");

  return {
    open(instance) {
      insert.run(
        hashToBytes(instance.hash),
        rowNumber(instance.generation),
        rowNumber(instance.era),
        hashToBytes(instance.keyBlock),
        instance.start,
        instance.body,
      );
    },
    close(hash) {
      close.run(hashToBytes(hash));
    },
    get: (hash) => read(byHash.get(hashToBytes(hash))),
    list: () => all.all().map((row) => read(row) as StoredInstance),
    newest: () => read(newest.get()),
    drop(hash) {
      database.transaction(() => {
        dropUnits.run(hashToBytes(hash));
        dropEndorsements.run(hashToBytes(hash));
      });
    },
    forget(hash) {
      database.transaction(() => {
        dropEndorsements.run(hashToBytes(hash));
        dropEvidence.run(hashToBytes(hash));
        forget.run(hashToBytes(hash));
      });
    },
  };
}

function read(row: InstanceRow | undefined): StoredInstance | undefined {
  return (
    row && {
      hash: hashFromBytes(row.hash),
      generation: BigInt(row.generation),
      era: BigInt(row.era),
      keyBlock: hashFromBytes(row.key_block),
      start: row.start,
      closed: row.closed === 1,
      body: plainBytes(row.body),
    }
  );
}
