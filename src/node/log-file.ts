import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { KomaError } from "../errors.ts";
import type { LogFacts, Logger, LogLevel } from "../logger.ts";

export interface LogFileOptions {
  readonly node: string;
  readonly level: LogLevel;
  /** A log is rotated when it passes this many bytes; three old ones are kept. */
  readonly maxBytes?: number;
  /** Also called for every line that is written, for a person's terminal. */
  readonly echo?: (line: LogLine) => void;
}

/** One line of `node.ndjson`. */
export interface LogLine {
  readonly ts: string;
  readonly node: string;
  readonly level: LogLevel;
  readonly module: string;
  readonly msg: string;
  readonly fields: LogFacts;
}

const ORDER: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
const KEPT = 3;

export interface LogFile {
  readonly logger: Logger;
  close(): void;
}

/** Opens (and appends to) a file of JSON lines. Lines are written at once: the last ones before a crash matter most. */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const maxBytes = options.maxBytes ?? 50 * 1024 * 1024;
  let file = openSync(path, "a", 0o600);
  let size = statSync(path).size;
  let lost = 0;

  function rotate(): void {
    closeSync(file);
    for (let i = KEPT - 1; i >= 1; i--) {
      try {
        renameSync(`${path}.${i}`, `${path}.${i + 1}`);
      } catch (error) {
        // Fewer rotations than KEPT so far: there is nothing to move yet.
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    renameSync(path, `${path}.1`);
    file = openSync(path, "a", 0o600);
    size = 0;
  }

  function write(level: LogLevel, context: LogFacts, facts: LogFacts, msg: string): void {
    if (ORDER[level] > ORDER[options.level]) return;
    const { module = "node", ...fields } = { ...context, ...facts };
    const ts = new Date().toISOString();
    const line: LogLine = { ts, node: options.node, level, module: String(module), msg, fields };
    const bytes = Buffer.from(`${JSON.stringify(line, jsonValue)}\n`);
    append(bytes);
    options.echo?.(line);
  }

  /** A log that cannot be written is no reason for anything else to fail: the node says how much of it is missing. */
  function append(bytes: Buffer): void {
    try {
      if (size + bytes.length > maxBytes) rotate();
      if (lost > 0) {
        const ts = new Date().toISOString();
        const msg = "lines are missing here: the disk was full";
        const line: LogLine = { ts, node: options.node, level: "warn", module: "log", msg, fields: { lines: lost } };
        // Part of a line may stand before it.
        size += writeSync(file, `\n${JSON.stringify(line)}\n`);
        lost = 0;
      }
      size += writeSync(file, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      lost++;
    }
  }

  const loggerWith = (context: LogFacts): Logger => ({
    error: (facts, msg) => write("error", context, facts, msg),
    warn: (facts, msg) => write("warn", context, facts, msg),
    info: (facts, msg) => write("info", context, facts, msg),
    debug: (facts, msg) => write("debug", context, facts, msg),
    child: (facts) => loggerWith({ ...context, ...facts }),
  });

  return { logger: loggerWith({}), close: () => closeSync(file) };
}

/** Also what a KomaError carries, and what caused it: the log is where one looks for both. */
function errorFields(error: Error): Readonly<Record<string, unknown>> {
  const { name, message, stack, cause } = error;
  const known = error instanceof KomaError ? { code: error.code, facts: error.detail.facts } : {};
  return { name, message, ...known, stack, ...(cause === undefined ? {} : { cause }) };
}

function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return errorFields(value);
  return value;
}
