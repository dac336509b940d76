import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { EnvironmentError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type BlockStore, createBlockStore } from "./blocks.ts";
import { createChainIndexes } from "./chain-indexes.ts";
import { chainMigrations } from "./chain-schema.ts";
import { type CheckpointStore, createCheckpointStore } from "./checkpoints.ts";
import { consensusMigrations } from "./consensus-schema.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { createDepositStore, type DepositStore } from "./deposits.ts";
import { createEraStore, type EraStore } from "./eras.ts";
import { createFinalState, type FinalStateStore } from "./final-state.ts";
import { createFinalityStore, type FinalityStore } from "./finality-marks.ts";
import { createInstanceStore, type InstanceStore } from "./instances.ts";
import { createMetaStore, type MetaStore } from "./meta.ts";
import { createOwnSignatureStore, type OwnSignatureStore } from "./own-signatures.ts";
import { createPaymentStore, type PaymentStore } from "./payments.ts";
import { createProtectionStore, type ProtectionStore } from "./protection.ts";
import { LOCK_FILE } from "./read-only.ts";
import { createUnitStore, type UnitStore } from "./units.ts";

export interface StoreOptions {
  readonly chainId: bigint;
  readonly logger: Logger;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Called when there is no room for a write, whoever catches the error that says so. */
  readonly onFull?: DatabaseOptions["onFull"];
  /** Largest size of each file in pages of 4 KiB; beyond it the disk counts as full. Default: as large as the disk. */
  readonly maxPages?: number | undefined;
}

/**
 * Everything a node keeps, in two files of its data directory: `chain.db` (what other nodes have too; survives the death of
 * the process) and `consensus.db` (what we signed; synced to the disk before we send it).
 */
export interface Store {
  readonly state: FinalStateStore;
  readonly blocks: BlockStore;
  readonly finality: FinalityStore;
  readonly eras: EraStore;
  readonly checkpoints: CheckpointStore;
  readonly deposits: DepositStore;
  readonly payments: PaymentStore;
  readonly meta: MetaStore;
  readonly instances: InstanceStore;
  readonly units: UnitStore;
  readonly signatures: OwnSignatureStore;
  readonly protection: ProtectionStore;
  /** Gives the disk back what deleted rows of the chain held: writes a smaller copy first, which takes room and time. */
  compact(): void;
  /** Writes what waits in memory and closes both files. */
  close(): void;
}

/** Of a million accounts, the pages that blocks come back to. */
const CHAIN_CACHE_KIB = 65_536;
/** 32 MiB. With 4 each full block would write its pages into the file as well, over and over the same ones. */
const CHAIN_WAL_PAGES = 8_000;

/**
 * Opens the store of a data directory, creating it when it is new.
 *
 * @throws {EnvironmentError} KOMA_E_STORE_CORRUPT, KOMA_E_STORE_LOCKED (another node runs on the directory),
 *   KOMA_E_STORE_FULL, KOMA_E_STORE_IO
 * @throws {UserError} KOMA_E_STORE_NEWER, KOMA_E_STORE_FOREIGN
 */
export function openStore(directory: string, { chainId, logger, clock = systemClock, ...limits }: StoreOptions): Store {
  createDirectory(directory);
  const opened: Database[] = [];
  const open = (file: string, options: DatabaseOptions): Database => {
    const database = openDatabase(join(directory, file), { ...options, ...limits });
    opened.push(database);
    return database;
  };
  try {
    // Opened first: it keeps a second node away from both files, and lets this node's own threads read them.
    open(LOCK_FILE, { synchronous: "NORMAL", exclusive: true, migrations: [] });
    const chain = open("chain.db", {
      synchronous: "NORMAL",
      exclusive: false,
      migrations: chainMigrations,
      cacheKib: CHAIN_CACHE_KIB,
      walPages: CHAIN_WAL_PAGES,
    });
    const consensus = { exclusive: false, migrations: consensusMigrations };
    const durable = open("consensus.db", { ...consensus, synchronous: "FULL" });
    const batched = open("consensus.db", { ...consensus, synchronous: "NORMAL" });
    const indexes = createChainIndexes(chain);
    const units = createUnitStore({ durable, batched }, { clock, logger });
    return {
      state: createFinalState(chain, indexes),
      blocks: createBlockStore(chain, chainId, indexes.transactions),
      finality: createFinalityStore(chain),
      eras: createEraStore(chain),
      checkpoints: createCheckpointStore(chain),
      deposits: createDepositStore(chain),
      payments: createPaymentStore(chain, indexes.payments),
      meta: createMetaStore(chain),
      instances: createInstanceStore(durable),
      units,
      signatures: createOwnSignatureStore(durable),
      protection: createProtectionStore(durable),
      compact() {
        chain.prepare("VACUUM").run();
      },
      close() {
        try {
          units.flush();
        } finally {
          closeAll(opened);
        }
      },
    };
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

function closeAll(databases: readonly Database[]): void {
  for (const database of databases.toReversed()) database.close();
}

function createDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_STORE_IO", `The data directory ${directory} could not be created.`, {
      facts: { directory },
      fix: ["Give a data directory that can be written, on a disk with space."],
      cause,
    });
  }
}
