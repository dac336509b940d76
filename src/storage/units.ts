import type { Clock } from "../clock.ts";
import { BugError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Bytes, type Hash, hashFromBytes, hashToBytes, timestamp } from "../primitives/index.ts";
import type { Database, Query } from "./database.ts";
import { createUnitRows, type StoredEndorsement, type StoredUnit, type UnitRows } from "./unit-rows.ts";
import { plainBytes } from "./values.ts";

/** How long units of others may wait in memory. */
const BATCH_MS = 50;

/** Where our own lane ends. */
export interface OwnHead {
  readonly seq: number;
  readonly hash: Hash;
}

/**
 * Units of consensus. Our own are on the disk when {@link appendOwnUnit} returns; those of others are written within 50 ms
 * or together with our next one, whichever comes first (KoMaBFT spec 14).
 */
export interface UnitStore {
  /**
   * Moves our head from `seq - 1` to `unit` and stores the unit, both or neither, synced to the disk. Units of others that
   * wait in memory are stored before it, so that what it cites is there after a crash.
   *
   * @throws {BugError} when the stored head is not at `seq - 1`: signing would be an equivocation
   */
  appendOwnUnit(instance: Hash, unit: StoredUnit): void;
  ownHead(instance: Hash): OwnHead | undefined;
  appendUnit(instance: Hash, unit: StoredUnit): void;
  attachPayload(instance: Hash, unit: Hash, payload: Bytes): void;
  appendEndorsement(instance: Hash, endorsement: StoredEndorsement): void;
  unit(instance: Hash, hash: Hash): StoredUnit | undefined;
  /** In the order of insertion. */
  units(instance: Hash): Iterable<StoredUnit>;
  endorsements(instance: Hash): readonly StoredEndorsement[];
  /** Keeps the first evidence against a validator, synced to the disk; false when there was one. */
  addEvidence(instance: Hash, creator: number, bytes: Bytes): boolean;
  evidence(instance: Hash): readonly { readonly creator: number; readonly bytes: Bytes }[];
  /** Deletes at most `most` units of an old instance; how many there were to delete. What we signed stays known. */
  prune(instance: Hash, most: number): number;
  /** Writes what waits in memory now. */
  flush(): void;
}

interface HeadRow {
  readonly instance: Bytes;
  readonly seq: number;
  readonly hash: Bytes;
}

type Write = (rows: UnitRows) => void;

export interface UnitStoreConnections {
  /** Synchronous FULL. */
  readonly durable: Database;
  /** Synchronous NORMAL, on the same file. */
  readonly batched: Database;
}

export function createUnitStore(
  { durable, batched }: UnitStoreConnections,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): UnitStore {
  const durableRows = createUnitRows(durable);
  const batchedRows = createUnitRows(batched);
  const head: Query<HeadRow> = durable.prepare("SELECT * FROM own_head WHERE instance = ?");
  const moveHead = durable.prepare("INSERT OR REPLACE INTO own_head VALUES (?, ?, ?)");
  const insertEvidence = durable.prepare("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?)");
  const evidenceOf: Query<{ creator: number; bytes: Bytes }> = durable.prepare(
    "SELECT creator, bytes FROM evidence WHERE instance = ? ORDER BY creator",
  );

  const pruneSome = batched.prepare(
    "DELETE FROM unit WHERE id IN (SELECT id FROM unit WHERE instance = (SELECT id FROM instance WHERE hash = ?) LIMIT ?)",
  );

  let waiting: Write[] = [];
  let cancelFlush: (() => void) | undefined;

  function enqueue(write: Write): void {
    waiting.push(write);
    cancelFlush ??= clock.schedule(timestamp(clock.now() + BATCH_MS), flushOnTimer);
  }

  function flushOnTimer(): void {
    cancelFlush = undefined;
    try {
      flush();
    } catch (error) {
      // The batch is still in memory: the next write tries again and throws to a caller who can stop the node.
      logger.error({ error, waiting: waiting.length }, "Units of other validators could not be written.");
    }
  }

  function flush(): void {
    if (waiting.length === 0) return;
    // One that finds no room at the end of the store's life must not be tried again after it.
    cancelFlush?.();
    cancelFlush = undefined;
    batched.transaction(() => {
      for (const write of waiting) write(batchedRows);
    });
    flushed();
  }

  function flushed(): void {
    waiting = [];
    cancelFlush?.();
    cancelFlush = undefined;
  }

  function ownHead(instance: Hash): OwnHead | undefined {
    const row = head.get(hashToBytes(instance));
    return row && { seq: row.seq, hash: hashFromBytes(row.hash) };
  }

  return {
    appendOwnUnit(instance, unit) {
      durable.transaction(() => {
        const known = ownHead(instance);
        if (unit.seq !== (known === undefined ? 0 : known.seq + 1)) {
          throw new BugError(`refused to store a second own unit with sequence number ${unit.seq}`, {
            facts: { instance, unit: unit.hash, seq: unit.seq, head: known?.hash ?? "none", headSeq: known?.seq ?? -1 },
          });
        }
        for (const write of waiting) write(durableRows);
        durableRows.insert(instance, unit);
        moveHead.run(hashToBytes(instance), unit.seq, hashToBytes(unit.hash));
      });
      flushed();
    },
    ownHead,
    appendUnit: (instance, unit) => enqueue((rows) => rows.insert(instance, unit)),
    attachPayload: (instance, unit, payload) => enqueue((rows) => rows.setPayload(instance, unit, payload)),
    appendEndorsement: (instance, endorsement) => enqueue((rows) => rows.insertEndorsement(instance, endorsement)),
    unit(instance, hash) {
      flush();
      return durableRows.unit(instance, hash);
    },
    units(instance) {
      flush();
      return durableRows.units(instance);
    },
    endorsements(instance) {
      flush();
      return durableRows.endorsements(instance);
    },
    addEvidence: (instance, creator, bytes) => insertEvidence.run(hashToBytes(instance), creator, bytes) > 0,
    evidence: (instance) =>
      evidenceOf.all(hashToBytes(instance)).map((row) => ({ creator: row.creator, bytes: plainBytes(row.bytes) })),
    prune(instance, most) {
      flush();
      return pruneSome.run(hashToBytes(instance), most);
    },
    flush,
  };
}
