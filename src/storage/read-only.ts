import { join } from "node:path";
import { type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import { chainMigrations } from "./chain-schema.ts";
import { consensusMigrations } from "./consensus-schema.ts";
import { openForReading, type Query } from "./database.ts";
import { createInstanceStore, type StoredInstance } from "./instances.ts";
import { createMetaStore } from "./meta.ts";
import { createUnitRows, type StoredEndorsement, type StoredUnit } from "./unit-rows.ts";
import { plainBytes, rowNumber } from "./values.ts";

/** What `consensus.db` of a node holds, running or not. */
export interface ConsensusReader {
  /** Oldest first. */
  instances(): readonly StoredInstance[];
  /** In the order of insertion. */
  units(instance: Hash): Iterable<StoredUnit>;
  unit(instance: Hash, hash: Hash): StoredUnit | undefined;
  endorsements(instance: Hash): readonly StoredEndorsement[];
  evidence(instance: Hash): readonly { readonly creator: number; readonly bytes: Bytes }[];
  close(): void;
}

/** What `chain.db` holds; a running node lets nobody read it. */
export interface ChainReader {
  hashOf(number: bigint): Hash | undefined;
  meta(key: string): Bytes | undefined;
  close(): void;
}

/** @throws as `openForReading` */
export function openConsensusReader(directory: string): ConsensusReader {
  const database = openForReading(join(directory, "consensus.db"), consensusMigrations);
  const rows = createUnitRows(database);
  const evidence: Query<{ creator: number; bytes: Bytes }> = database.prepare(
    "SELECT creator, bytes FROM evidence WHERE instance = ? ORDER BY creator",
  );
  return {
    instances: () => createInstanceStore(database).list(),
    units: (instance) => rows.units(instance),
    unit: (instance, hash) => rows.unit(instance, hash),
    endorsements: (instance) => rows.endorsements(instance),
    evidence: (instance) =>
      evidence.all(hashToBytes(instance)).map(({ creator, bytes }) => ({ creator, bytes: plainBytes(bytes) })),
    close: () => database.close(),
  };
}

/** @throws as `openForReading`; KOMA_E_STORE_LOCKED while the node runs */
export function openChainReader(directory: string): ChainReader {
  const database = openForReading(join(directory, "chain.db"), chainMigrations);
  const hash: Query<{ hash: Bytes }> = database.prepare("SELECT hash FROM block WHERE number = ?");
  const meta = createMetaStore(database);
  return {
    hashOf(number) {
      const row = hash.get(rowNumber(number));
      return row && hashFromBytes(row.hash);
    },
    meta: (key) => meta.get(key),
    close: () => database.close(),
  };
}
