import { EnvironmentError, KomaError, UserError } from "../errors.ts";

/** What SQLite throws, without depending on the class of the native module. */
interface SqliteFailure extends Error {
  readonly code: string;
}

function isSqliteFailure(error: unknown): error is SqliteFailure {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_");
}

/** The file is not a database, is damaged, or its rows contradict each other. */
export function storeCorrupt(file: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError("KOMA_E_STORE_CORRUPT", `The database ${file} is damaged: ${reason}.`, {
    facts: { file, reason },
    fix: [
      "Check the disk, then restore the file from a backup.",
      "Without a backup, move the data directory away and let the node fetch the chain again; a validator must then not sign before the next era.",
    ],
    cause,
  });
}

/** Written by a newer koma than this one. */
export function storeNewer(file: string, found: number, known: number): UserError {
  return new UserError("KOMA_E_STORE_NEWER", `The database ${file} was written by a newer koma.`, {
    facts: { file, found, known },
    fix: ["Run the newer koma, or give another data directory."],
  });
}

/** The file belongs to another program. */
export function storeForeign(file: string): UserError {
  return new UserError("KOMA_E_STORE_FOREIGN", `The database ${file} was not made by koma.`, {
    facts: { file },
    fix: ["Give the data directory of a koma node, or an empty one."],
  });
}

/** Nothing is damaged: what was being written is not there, and everything before it is. */
export function isStoreFull(error: unknown): error is EnvironmentError {
  return error instanceof EnvironmentError && error.code === "KOMA_E_STORE_FULL";
}

/**
 * Turns what SQLite throws into an error of koma; anything else is given back as it is.
 *
 * Codes: KOMA_E_STORE_CORRUPT, KOMA_E_STORE_LOCKED, KOMA_E_STORE_FULL, KOMA_E_STORE_IO.
 */
export function storeError(file: string, error: unknown): unknown {
  if (error instanceof KomaError || !isSqliteFailure(error)) return error;
  const { code } = error;
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return storeCorrupt(file, error.message, error);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new EnvironmentError("KOMA_E_STORE_LOCKED", `The database ${file} is in use by another process.`, {
      facts: { file, code },
      fix: ["Stop the other node on this data directory, or give another one."],
      cause: error,
    });
  }
  if (code === "SQLITE_FULL") {
    return new EnvironmentError("KOMA_E_STORE_FULL", `The disk of ${file} is full.`, {
      facts: { file, code },
      fix: ["Free space on the disk. A node that waits for it goes on by itself; start any other again."],
      cause: error,
    });
  }
  return new EnvironmentError("KOMA_E_STORE_IO", `The database ${file} could not be read or written.`, {
    facts: { file, code, reason: error.message },
    fix: ["Check that the data directory exists, is writable, and that its disk works."],
    cause: error,
  });
}
