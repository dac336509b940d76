import {
  type Address,
  addressToBytes,
  type Bytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
} from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import type { CheckpointRange, OwnFinalitySignature } from "./own-signatures.ts";
import type { OwnHead } from "./units.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** A time in which everything that a signer signed was written down, ms since the Unix epoch. */
export interface CoveredTime {
  readonly from: number;
  /** Undefined: still so. */
  readonly to: number | undefined;
}

export interface ProtectionEntry extends OwnHead {
  readonly instance: Hash;
}

/** Everything that a validator must remember of what it signed (KoMaBFT spec 14). */
export interface OwnRecord {
  readonly covered: readonly CoveredTime[];
  /** Where our lane ends, per instance. */
  readonly heads: readonly ProtectionEntry[];
  /** The unit of each creator that our last endorsement was for. */
  readonly endorsed: readonly { readonly instance: Hash; readonly creator: number; readonly unit: Hash }[];
  readonly finality: readonly (OwnFinalitySignature & { readonly instance: Hash; readonly height: bigint })[];
  readonly checkpoints: readonly (CheckpointRange & { readonly structHash: Hash; readonly signature: Bytes })[];
}

/** Two records of one key that cannot both be true: it has signed twice already. */
export interface ProtectionConflict {
  readonly kind: "unit" | "finality" | "checkpoint";
  /** Instance and number, or range, that was signed twice. */
  readonly place: string;
  readonly here: Hash;
  readonly offered: Hash;
}

/** What a validator signed, as a whole: to see whether a database knows all of it, and to take it to another machine. */
export interface ProtectionStore {
  /** From now on this database writes down what `signer` signs. Again: without effect. */
  begin(signer: Address, now: number): void;
  /** True when everything that `signer` signed in an instance that began at `start` is in this database. */
  covers(signer: Address, start: number): boolean;
  /** Undefined when this database was never used with `signer`. */
  read(signer: Address): OwnRecord | undefined;
  /**
   * Takes in a record, all of it or nothing: heads only move forward, and what is known stays.
   *
   * @returns the heads that moved, or the contradiction because of which nothing was taken in
   */
  merge(signer: Address, record: OwnRecord): readonly ProtectionEntry[] | ProtectionConflict;
}

interface HeadRow {
  readonly instance: Bytes;
  readonly seq: number;
  readonly hash: Bytes;
}

interface EndorsedRow {
  readonly instance: Bytes;
  readonly creator: number;
  readonly unit: Bytes;
}

interface FinalityRow {
  readonly instance: Bytes;
  readonly height: number;
  readonly block: Bytes;
  readonly unit: Bytes;
  readonly signature: Bytes;
}

interface CheckpointRow {
  readonly generation: number;
  readonly start: number;
  readonly end: number;
  readonly struct: Bytes;
  readonly signature: Bytes;
}

export function createProtectionStore(durable: Database): ProtectionStore {
  const covered: Query<{ from: number; to: number | null }> = durable.prepare(
    `SELECT "from", "to" FROM own_covered WHERE signer IN (?, x'') ORDER BY "from"`,
  );
  const cover = durable.prepare(`INSERT INTO own_covered VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET "to" = max("to", excluded."to") WHERE "to" IS NOT NULL`);
  const heads: Query<HeadRow> = durable.prepare("SELECT * FROM own_head ORDER BY instance");
  const headOf: Query<HeadRow> = durable.prepare("SELECT * FROM own_head WHERE instance = ?");
  const putHead = durable.prepare("INSERT OR REPLACE INTO own_head VALUES (?, ?, ?)");
  const endorsed: Query<EndorsedRow> = durable.prepare("SELECT * FROM own_endorsed ORDER BY instance, creator");
  const addEndorsed = durable.prepare("INSERT OR IGNORE INTO own_endorsed VALUES (?, ?, ?)");
  const putEndorsed = durable.prepare("INSERT OR REPLACE INTO own_endorsed VALUES (?, ?, ?)");
  const finality: Query<FinalityRow> = durable.prepare(
    "SELECT * FROM own_finality_signature ORDER BY instance, height",
  );
  const finalityAt: Query<FinalityRow> = durable.prepare(
    "SELECT * FROM own_finality_signature WHERE instance = ? AND height = ?",
  );
  const addFinality = durable.prepare(
    "INSERT OR IGNORE INTO own_finality_signature (instance, height, block, unit, signature) VALUES (?, ?, ?, ?, ?)",
  );
  const checkpoints: Query<CheckpointRow> = durable.prepare(
    `SELECT * FROM own_checkpoint_signature ORDER BY generation, start, "end"`,
  );
  const checkpointAt: Query<CheckpointRow> = durable.prepare(
    `SELECT * FROM own_checkpoint_signature WHERE generation = ? AND start = ? AND "end" = ?`,
  );
  const addCheckpoint = durable.prepare("INSERT OR IGNORE INTO own_checkpoint_signature VALUES (?, ?, ?, ?, ?)");

  const timesOf = (signer: Address): readonly CoveredTime[] =>
    covered.all(addressToBytes(signer)).map(({ from, to }) => ({ from, to: to ?? undefined }));

  function conflictWith(record: OwnRecord): ProtectionConflict | undefined {
    for (const { instance, seq, hash } of record.heads) {
      const known = headOf.get(hashToBytes(instance));
      if (known?.seq !== seq || hashFromBytes(known.hash) === hash) continue;
      return { kind: "unit", place: `${instance} ${seq}`, here: hashFromBytes(known.hash), offered: hash };
    }
    for (const { instance, height, block, unit } of record.finality) {
      const known = finalityAt.get(hashToBytes(instance), rowNumber(height));
      if (!known) continue;
      const place = `${instance} ${height}`;
      const here = { block: hashFromBytes(known.block), unit: hashFromBytes(known.unit) };
      if (here.block !== block) return { kind: "finality", place, here: here.block, offered: block };
      if (here.unit !== unit) return { kind: "finality", place, here: here.unit, offered: unit };
    }
    for (const { generation, start, end, structHash } of record.checkpoints) {
      const known = checkpointAt.get(rowNumber(generation), rowNumber(start), rowNumber(end));
      if (!known || hashFromBytes(known.struct) === structHash) continue;
      const place = `generation ${generation}, blocks ${start}–${end}`;
      return { kind: "checkpoint", place, here: hashFromBytes(known.struct), offered: structHash };
    }
    return undefined;
  }

  function take(signer: Address, record: OwnRecord): readonly ProtectionEntry[] {
    const moved = record.heads.filter(({ instance, seq }) => (headOf.get(hashToBytes(instance))?.seq ?? -1) < seq);
    const ahead = new Set(moved.map(({ instance }) => instance));
    for (const { instance, seq, hash } of moved) putHead.run(hashToBytes(instance), seq, hashToBytes(hash));
    for (const { instance, creator, unit } of record.endorsed) {
      // Endorsements go up one lane, which cannot be seen here: whoever signed more units knows the later ones.
      const put = ahead.has(instance) ? putEndorsed : addEndorsed;
      put.run(hashToBytes(instance), creator, hashToBytes(unit));
    }
    for (const { instance, height, block, unit, signature } of record.finality) {
      addFinality.run(hashToBytes(instance), rowNumber(height), hashToBytes(block), hashToBytes(unit), signature);
    }
    for (const { generation, start, end, structHash, signature } of record.checkpoints) {
      const range = [generation, start, end].map(rowNumber);
      addCheckpoint.run(...range, hashToBytes(structHash), signature);
    }
    for (const { from, to } of record.covered) cover.run(addressToBytes(signer), from, to ?? null);
    return moved;
  }

  return {
    begin(signer, now) {
      durable.transaction(() => {
        if (timesOf(signer).every(({ to }) => to !== undefined)) cover.run(addressToBytes(signer), now, null);
      });
    },
    covers: (signer, start) =>
      timesOf(signer).some(({ from, to }) => from <= start && (to === undefined || start <= to)),
    read(signer) {
      const times = timesOf(signer);
      if (times.length === 0) return undefined;
      return {
        covered: times,
        heads: heads.all().map(({ instance, seq, hash }) => {
          return { instance: hashFromBytes(instance), seq, hash: hashFromBytes(hash) };
        }),
        endorsed: endorsed.all().map(({ instance, creator, unit }) => {
          return { instance: hashFromBytes(instance), creator, unit: hashFromBytes(unit) };
        }),
        finality: finality.all().map(({ instance, height, block, unit, signature }) => ({
          instance: hashFromBytes(instance),
          height: BigInt(height),
          block: hashFromBytes(block),
          unit: hashFromBytes(unit),
          signature: plainBytes(signature),
        })),
        checkpoints: checkpoints.all().map(({ generation, start, end, struct, signature }) => ({
          generation: BigInt(generation),
          start: BigInt(start),
          end: BigInt(end),
          structHash: hashFromBytes(struct),
          signature: plainBytes(signature),
        })),
      };
    },
    merge: (signer, record) => durable.transaction(() => conflictWith(record) ?? take(signer, record)),
  };
}
