import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AccountState, BlockHeader } from "../chain/index.ts";
import { type Address, type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import { chainMigrations } from "./chain-schema.ts";
import { consensusMigrations } from "./consensus-schema.ts";
import { openForReading, type Query } from "./database.ts";
import { createHeaderRows } from "./header-rows.ts";
import { createHistoryMarks } from "./history-marks.ts";
import { createInstanceStore, type StoredInstance } from "./instances.ts";
import { createLogSearch, type LogSearch } from "./log-search.ts";
import { createMetaStore } from "./meta.ts";
import { createStateRows } from "./state-rows.ts";
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

/** Its lock says that a node runs on the directory. Nothing is in it. */
export const LOCK_FILE = "lock.db";

/** What `chain.db` holds; only of a node that does not run, because what is final may be taken back. */
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
  const lock = join(directory, LOCK_FILE);
  if (existsSync(lock)) openForReading(lock, []).close();
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

/** Final blocks and their states, read beside the connection that writes them. */
export interface StateReader {
  readonly logs: LogSearch;
  /** State after `block`, from {@link historyStart} to the head; right also while the next block is being written. */
  accountAt(address: Address, block: bigint): AccountState | undefined;
  slotAt(address: Address, key: Hash, block: bigint): Bytes | undefined;
  code(hash: Hash): Bytes | undefined;
  hashOf(number: bigint): Hash | undefined;
  header(number: bigint): BlockHeader | undefined;
  historyStart(): bigint;
  close(): void;
}

/** For the threads of the node that runs on the directory. @throws as `openForReading` */
export function openStateReader(directory: string): StateReader {
  const database = openForReading(join(directory, "chain.db"), chainMigrations);
  const rows = createStateRows(database);
  const headers = createHeaderRows(database);
  const marks = createHistoryMarks(database);
  return {
    logs: createLogSearch(database),
    accountAt: (address, block) => rows.accountAt(address, rowNumber(block)),
    slotAt: (address, key, block) => rows.slotAt(address, key, rowNumber(block)),
    code: rows.code,
    hashOf: headers.hashOf,
    header: headers.header,
    historyStart: () => marks.states(),
    close: () => database.close(),
  };
}
