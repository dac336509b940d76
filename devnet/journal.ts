import { createHash } from "node:crypto";
import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, truncateSync } from "node:fs";
import { EnvironmentError } from "../src/errors.ts";

/** One thing that happened to a devnet. */
export interface JournalEvent {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly ts: string;
  readonly type: string;
  readonly node?: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** First 32 hex digits of the SHA-256 of the line before; "" for the first. */
  readonly prev: string;
}

/** Append-only `events.ndjson`. */
export interface Journal {
  append(type: string, data: Readonly<Record<string, unknown>>, node?: string): JournalEvent;
  /** Makes everything appended so far survive a power cut. */
  sync(): void;
  close(): void;
}

/** Opens the journal for appending; a last line that a crash left half written is cut off. */
export function openJournal(path: string, now: () => Date): Journal {
  const { seq, prev, bytes } = readTail(path);
  const file = openSync(path, "a", 0o644);
  truncateSync(path, bytes);
  let last = { seq, prev };
  return {
    append(type, data, node) {
      const event: JournalEvent = {
        seq: last.seq + 1,
        ts: now().toISOString(),
        type,
        ...(node === undefined ? {} : { node }),
        data,
        prev: last.prev,
      };
      const line = JSON.stringify(event, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
      appendFileSync(file, `${line}\n`);
      last = { seq: event.seq, prev: hashLine(line) };
      return event;
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

/** Events of a journal in order, from `since` (a sequence number, exclusive). */
export function readJournal(path: string, since = 0): readonly JournalEvent[] {
  return completeLines(readText(path))
    .map((line) => JSON.parse(line) as JournalEvent)
    .filter(({ seq }) => seq > since);
}

/**
 * Checks numbers and hashes of a whole journal.
 *
 * @throws {EnvironmentError} KOMA_E_JOURNAL_BROKEN names the first event that does not follow from the one before
 */
export function verifyJournal(path: string): number {
  let prev = "";
  let seq = 0;
  for (const line of completeLines(readText(path))) {
    const event = JSON.parse(line) as JournalEvent;
    if (event.seq !== seq + 1 || event.prev !== prev) {
      throw new EnvironmentError(
        "KOMA_E_JOURNAL_BROKEN",
        `${path} is not what was written: event ${event.seq} does not follow.`,
        {
          facts: { path, seq: event.seq },
        },
      );
    }
    seq = event.seq;
    prev = hashLine(line);
  }
  return seq;
}

function readTail(path: string): { seq: number; prev: string; bytes: number } {
  const text = readText(path);
  const lines = completeLines(text);
  const last = lines.at(-1);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  if (last === undefined) return { seq: 0, prev: "", bytes };
  return { seq: (JSON.parse(last) as JournalEvent).seq, prev: hashLine(last), bytes };
}

function completeLines(text: string): string[] {
  const lines = text.split("\n");
  // After the last line feed comes nothing, or what a crash left of a line.
  lines.pop();
  return lines;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function hashLine(line: string): string {
  return createHash("sha256").update(line).digest("hex").slice(0, 32);
}
