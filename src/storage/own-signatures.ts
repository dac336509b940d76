import { BugError } from "../errors.ts";
import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** What a checkpoint signature is about; two different structs for one range are slashable. */
export interface CheckpointRange {
  readonly generation: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

export interface OwnCheckpointSignature {
  readonly structHash: Hash;
  readonly signature: Bytes;
}

/** What stands under a finality signature: the block's hash, and that of the unit that carries it. */
export interface OwnFinalitySignature {
  readonly block: Hash;
  readonly unit: Hash;
  readonly signature: Bytes;
}

/**
 * What this node signed beside units. Everything is on the disk when a call returns, so: sign, record, then send.
 * Recording the same thing twice is allowed; recording another thing in its place throws {@link BugError}.
 */
export interface OwnSignatureStore {
  recordCheckpoint(range: CheckpointRange, signed: OwnCheckpointSignature): void;
  checkpoint(range: CheckpointRange): OwnCheckpointSignature | undefined;
  /** One finality signature per instance and height (KoMaBFT spec 13). */
  recordFinality(instance: Hash, height: bigint, signed: OwnFinalitySignature): void;
  finality(instance: Hash, height: bigint): OwnFinalitySignature | undefined;
  /**
   * Moves the unit of `creator` up to which we endorsed from `expected` to `unit` and stores the endorsement; whoever calls
   * has checked that the new unit descends from the expected one (KoMaBFT spec 11).
   */
  recordEndorsement(
    instance: Hash,
    creator: number,
    endorsement: {
      readonly expected: Hash | undefined;
      readonly unit: Hash;
      readonly endorser: number;
      readonly bytes: Bytes;
    },
  ): void;
  endorsed(instance: Hash, creator: number): Hash | undefined;
}

export function createOwnSignatureStore(durable: Database): OwnSignatureStore {
  const insertCheckpoint = durable.prepare("INSERT INTO own_checkpoint_signature VALUES (?, ?, ?, ?, ?)");
  const checkpointOf: Query<{ struct: Bytes; signature: Bytes }> = durable.prepare(
    `SELECT struct, signature FROM own_checkpoint_signature WHERE generation = ? AND start = ? AND "end" = ?`,
  );
  const insertFinality = durable.prepare(
    "INSERT INTO own_finality_signature (instance, height, block, unit, signature) VALUES (?, ?, ?, ?, ?)",
  );
  const finalityOf: Query<{ block: Bytes; unit: Bytes; signature: Bytes }> = durable.prepare(
    "SELECT block, unit, signature FROM own_finality_signature WHERE instance = ? AND height = ?",
  );
  const setEndorsed = durable.prepare("INSERT OR REPLACE INTO own_endorsed VALUES (?, ?, ?)");
  const endorsedOf: Query<{ unit: Bytes }> = durable.prepare(
    "SELECT unit FROM own_endorsed WHERE instance = ? AND creator = ?",
  );
  const insertEndorsement = durable.prepare("INSERT OR IGNORE INTO endorsement VALUES (?, ?, ?, ?)");

  function checkpoint(range: CheckpointRange): OwnCheckpointSignature | undefined {
    const row = checkpointOf.get(rowNumber(range.generation), rowNumber(range.start), rowNumber(range.end));
    return row && { structHash: hashFromBytes(row.struct), signature: plainBytes(row.signature) };
  }

  function finality(instance: Hash, height: bigint): OwnFinalitySignature | undefined {
    const row = finalityOf.get(hashToBytes(instance), rowNumber(height));
    return (
      row && { block: hashFromBytes(row.block), unit: hashFromBytes(row.unit), signature: plainBytes(row.signature) }
    );
  }

  function endorsed(instance: Hash, creator: number): Hash | undefined {
    const row = endorsedOf.get(hashToBytes(instance), creator);
    return row && hashFromBytes(row.unit);
  }

  return {
    recordCheckpoint(range, { structHash, signature }) {
      durable.transaction(() => {
        const known = checkpoint(range);
        if (known?.structHash === structHash) return;
        if (known) {
          throw new BugError(`refused to record a second checkpoint signature for blocks ${range.start}–${range.end}`, {
            facts: { generation: range.generation, signed: known.structHash, offered: structHash },
          });
        }
        insertCheckpoint.run(
          rowNumber(range.generation),
          rowNumber(range.start),
          rowNumber(range.end),
          hashToBytes(structHash),
          signature,
        );
      });
    },
    checkpoint,
    recordFinality(instance, height, { block, unit, signature }) {
      durable.transaction(() => {
        const known = finality(instance, height);
        if (known?.block === block && known.unit === unit) return;
        if (known) {
          throw new BugError(`refused to record a second finality signature at height ${height}`, {
            facts: { instance, signed: known.block, signedUnit: known.unit, offered: block, offeredUnit: unit },
          });
        }
        insertFinality.run(hashToBytes(instance), rowNumber(height), hashToBytes(block), hashToBytes(unit), signature);
      });
    },
    finality,
    recordEndorsement(instance, creator, { expected, unit, endorser, bytes }) {
      durable.transaction(() => {
        const known = endorsed(instance, creator);
        if (known === unit) return;
        if (known !== expected) {
          throw new BugError(
            `refused to record an endorsement of validator ${creator}: another one was made meanwhile`,
            {
              facts: { instance, endorsed: known ?? "none", expected: expected ?? "none", offered: unit },
            },
          );
        }
        setEndorsed.run(hashToBytes(instance), creator, hashToBytes(unit));
        insertEndorsement.run(hashToBytes(instance), hashToBytes(unit), endorser, bytes);
      });
    },
    endorsed,
  };
}
