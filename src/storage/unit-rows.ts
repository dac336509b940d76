import { BugError } from "../errors.ts";
import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { hashKey, plainBytes } from "./values.ts";

/** A consensus unit as stored: indexed facts beside bytes that only consensus understands. */
export interface StoredUnit {
  readonly hash: Hash;
  /** Index of the validator in its committee. */
  readonly creator: number;
  readonly seq: number;
  /** The signed unit, opaque. */
  readonly bytes: Bytes;
  /** Body of the block it proposes, if any, opaque. */
  readonly payload?: Bytes;
}

export interface StoredEndorsement {
  readonly unit: Hash;
  readonly endorser: number;
  readonly bytes: Bytes;
}

/** Rows of units over one connection, without any transaction of their own. */
export interface UnitRows {
  /** Does nothing when the unit is stored already, unless it brings the payload that was missing. */
  insert(instance: Hash, unit: StoredUnit): void;
  setPayload(instance: Hash, unit: Hash, payload: Bytes): void;
  insertEndorsement(instance: Hash, endorsement: StoredEndorsement): void;
  unit(instance: Hash, hash: Hash): StoredUnit | undefined;
  /** In the order of insertion, so that what a unit cites comes before it. */
  units(instance: Hash): Iterable<StoredUnit>;
  endorsements(instance: Hash): readonly StoredEndorsement[];
}

const MAX_KNOWN_IDS = 16;

interface UnitRow {
  readonly id: number;
  readonly hash: Bytes;
  readonly creator: number;
  readonly seq: number;
  readonly bytes: Bytes;
  readonly payload: Bytes | null;
}

export function createUnitRows(database: Database): UnitRows {
  const instanceId: Query<{ id: number }> = database.prepare("SELECT id FROM instance WHERE hash = ?");
  const insert = database.prepare(
    "INSERT INTO unit (instance, key, hash, creator, seq, bytes, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const byKey: Query<UnitRow> = database.prepare("SELECT * FROM unit WHERE key = ? AND instance = ?");
  const all: Query<UnitRow> = database.prepare("SELECT * FROM unit WHERE instance = ? ORDER BY id");
  const setPayload = database.prepare("UPDATE unit SET payload = ? WHERE id = ?");
  const insertEndorsement = database.prepare("INSERT OR IGNORE INTO endorsement VALUES (?, ?, ?, ?)");
  const endorsements: Query<{ unit: Bytes; endorser: number; bytes: Bytes }> = database.prepare(
    "SELECT unit, endorser, bytes FROM endorsement WHERE instance = ?",
  );
  const ids = new Map<Hash, number>();

  function idOf(instance: Hash): number {
    const known = ids.get(instance) ?? instanceId.get(hashToBytes(instance))?.id;
    if (known === undefined) throw new BugError(`consensus instance ${instance} was not opened in the store`);
    // Of the eras that are written now; all others are read once.
    if (ids.size >= MAX_KNOWN_IDS) ids.clear();
    ids.set(instance, known);
    return known;
  }

  function find(instance: Hash, hash: Hash): UnitRow | undefined {
    return byKey.all(hashKey(hashToBytes(hash)), idOf(instance)).find((row) => hashFromBytes(row.hash) === hash);
  }

  return {
    insert(instance, unit) {
      const known = find(instance, unit.hash);
      if (known) {
        if (known.payload === null && unit.payload !== undefined) setPayload.run(unit.payload, known.id);
        return;
      }
      const hash = hashToBytes(unit.hash);
      insert.run(idOf(instance), hashKey(hash), hash, unit.creator, unit.seq, unit.bytes, unit.payload ?? null);
    },
    setPayload(instance, unit, payload) {
      const known = find(instance, unit);
      if (!known) throw new BugError(`payload for unit ${unit}, which is not stored`);
      setPayload.run(payload, known.id);
    },
    insertEndorsement(instance, { unit, endorser, bytes }) {
      insertEndorsement.run(hashToBytes(instance), hashToBytes(unit), endorser, bytes);
    },
    unit(instance, hash) {
      const row = find(instance, hash);
      return row && read(row);
    },
    *units(instance) {
      for (const row of all.iterate(idOf(instance))) yield read(row);
    },
    endorsements: (instance) =>
      endorsements.all(hashToBytes(instance)).map((row) => ({
        unit: hashFromBytes(row.unit),
        endorser: row.endorser,
        bytes: plainBytes(row.bytes),
      })),
  };
}

function read(row: UnitRow): StoredUnit {
  return {
    hash: hashFromBytes(row.hash),
    creator: row.creator,
    seq: row.seq,
    bytes: plainBytes(row.bytes),
    ...(row.payload === null ? {} : { payload: plainBytes(row.payload) }),
  };
}
