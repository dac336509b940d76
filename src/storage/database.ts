import SqliteDatabase from "better-sqlite3";
import type { EnvironmentError } from "../errors.ts";
import { isStoreFull, storeCorrupt, storeError, storeForeign, storeNewer } from "./errors.ts";

/** Bytes "KOMA": tells our files from other SQLite databases. */
const APPLICATION_ID = 0x4b4f4d41;

const CACHE_KIB = 16_384;

export interface DatabaseOptions {
  /** `FULL` syncs every commit to the disk, `NORMAL` only survives the death of the process, not of the machine. */
  readonly synchronous: "FULL" | "NORMAL";
  /** Refuse any second connection; the first process on a data directory keeps it. */
  readonly exclusive: boolean;
  /** SQL of each schema version in order; version n is `migrations[n - 1]`. */
  readonly migrations: readonly string[];
  /** Called when there is no room for a write, whoever catches the error that says so. */
  readonly onFull?: ((error: EnvironmentError) => void) | undefined;
  /** Memory for pages, at most; default 16 MiB. */
  readonly cacheKib?: number | undefined;
  /** Pages of 4 KiB in the write-ahead log before they are written into the file, too; default 1,000. */
  readonly walPages?: number | undefined;
  /** Largest size of the file in pages of 4 KiB; beyond it the disk counts as full. */
  readonly maxPages?: number | undefined;
}

/** A value SQLite stores for us. Integers above 2^53 are stored as bytes. */
export type SqlValue = number | string | Uint8Array | null;

/** A prepared statement. Rows are objects by column name; blobs are `Uint8Array`. */
export interface Query<Row> {
  get(...params: readonly SqlValue[]): Row | undefined;
  all(...params: readonly SqlValue[]): Row[];
  iterate(...params: readonly SqlValue[]): IterableIterator<Row>;
  /** Rows changed. */
  run(...params: readonly SqlValue[]): number;
}

/** One SQLite file: opened, migrated, with every failure turned into a typed error. */
export interface Database {
  readonly file: string;
  prepare<Row = Record<string, SqlValue>>(sql: string): Query<Row>;
  /** Runs `work` in one transaction; a throw rolls everything back. Inside another one it joins it. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens a file that this build could have written for reading, beside whoever writes it. Nothing in it is changed.
 *
 * @throws as {@link openDatabase}; KOMA_E_STORE_LOCKED also when the writer lets nobody read, KOMA_E_STORE_CORRUPT when the
 *   file has another schema than this build's
 */
export function openForReading(file: string, migrations: readonly string[]): Database {
  return guarded(file, () => {
    const sqlite = new SqliteDatabase(file, { timeout: 1_000, readonly: true, fileMustExist: true });
    try {
      const version = Number(sqlite.pragma("user_version", { simple: true }));
      if (Number(sqlite.pragma("application_id", { simple: true })) !== APPLICATION_ID) throw storeForeign(file);
      if (version > migrations.length) throw storeNewer(file, version, migrations.length);
      if (version < migrations.length) throw storeCorrupt(file, `its schema ${version} is older than this build's`);
      return wrap(sqlite, file);
    } catch (error) {
      sqlite.close();
      throw error;
    }
  });
}

/**
 * Opens or creates the file and brings its schema up to date.
 *
 * @throws {EnvironmentError} KOMA_E_STORE_CORRUPT, KOMA_E_STORE_LOCKED, KOMA_E_STORE_FULL or KOMA_E_STORE_IO
 * @throws {UserError} KOMA_E_STORE_NEWER or KOMA_E_STORE_FOREIGN
 */
export function openDatabase(file: string, options: DatabaseOptions): Database {
  return guarded(file, () => {
    const sqlite = new SqliteDatabase(file, { timeout: 1_000 });
    try {
      if (options.exclusive) sqlite.pragma("locking_mode = EXCLUSIVE");
      sqlite.pragma("journal_mode = WAL");
      sqlite.pragma(`synchronous = ${options.synchronous}`);
      sqlite.pragma("foreign_keys = OFF");
      sqlite.pragma(`cache_size = -${options.cacheKib ?? CACHE_KIB}`);
      if (options.walPages !== undefined) sqlite.pragma(`wal_autocheckpoint = ${options.walPages}`);
      sqlite.pragma("temp_store = MEMORY");
      migrate(sqlite, file, options.migrations);
      if (options.maxPages !== undefined) sqlite.pragma(`max_page_count = ${options.maxPages}`);
      return wrap(sqlite, file, options.onFull);
    } catch (error) {
      sqlite.close();
      throw error;
    }
  });
}

function migrate(sqlite: SqliteDatabase.Database, file: string, migrations: readonly string[]): void {
  const run = sqlite.transaction(() => {
    const version = Number(sqlite.pragma("user_version", { simple: true }));
    const owner = Number(sqlite.pragma("application_id", { simple: true }));
    const tables = sqlite.prepare<[], { count: number }>("SELECT count(*) AS count FROM sqlite_master").get();
    const fresh = tables?.count === 0 && version === 0;
    if (!fresh && owner !== APPLICATION_ID) throw storeForeign(file);
    if (version > migrations.length) throw storeNewer(file, version, migrations.length);
    if (!fresh && version === 0) throw storeCorrupt(file, "it has tables but no schema version");
    for (const sql of migrations.slice(version)) sqlite.exec(sql);
    sqlite.pragma(`application_id = ${APPLICATION_ID}`);
    sqlite.pragma(`user_version = ${migrations.length}`);
  });
  run.immediate();
}

function wrap(sqlite: SqliteDatabase.Database, file: string, onFull?: DatabaseOptions["onFull"]): Database {
  return {
    file,
    prepare: <Row>(sql: string) => guarded(file, () => query(sqlite.prepare<SqlValue[], Row>(sql), file, onFull)),
    transaction: <T>(work: () => T) =>
      guarded(
        file,
        () => {
          if (sqlite.inTransaction) return work();
          return sqlite.transaction(work).immediate() as T;
        },
        onFull,
      ),
    close: () => {
      guarded(file, () => sqlite.close());
    },
  };
}

function query<Row>(
  statement: SqliteDatabase.Statement<SqlValue[], Row>,
  file: string,
  onFull: DatabaseOptions["onFull"],
): Query<Row> {
  return {
    get: (...params) => guarded(file, () => statement.get(...params)),
    all: (...params) => guarded(file, () => statement.all(...params)),
    *iterate(...params) {
      try {
        yield* statement.iterate(...params);
      } catch (error) {
        throw storeError(file, error);
      }
    },
    run: (...params) => guarded(file, () => statement.run(...params).changes, onFull),
  };
}

function guarded<T>(file: string, work: () => T, onFull?: DatabaseOptions["onFull"]): T {
  try {
    return work();
  } catch (error) {
    const known = storeError(file, error);
    if (onFull && isStoreFull(known)) onFull(known);
    throw known;
  }
}
