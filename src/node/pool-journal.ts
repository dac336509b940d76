import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { EnvironmentError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Bytes, concatBytes, type Timestamp, timestamp } from "../primitives/index.ts";
import type { PoolRules } from "../txpool/index.ts";

/** A transaction of the pool as the journal keeps it. */
export interface JournalRecord {
  readonly raw: Bytes;
  readonly admittedAt: Timestamp;
}

/**
 * The pool on disk, so that what a client was told is admitted outlives the process: an append-only file `pool.journal` of
 * records, rewritten without what has left the pool when it has grown to twice the pool's size. A record is written before
 * its transaction is acknowledged; it is not synced, so it survives the death of the process and not of the machine.
 */
export interface PoolJournal {
  /** What the file held when it was opened, oldest first, up to the first damaged record; the second time nothing. */
  takeRestored(): readonly JournalRecord[];
  append(records: readonly JournalRecord[]): void;
  /** Rewrites the file with `current` when it has grown too long; goes on in the background. */
  tidy(current: { readonly bytes: number; records(): readonly JournalRecord[] }): void;
  /** Resolves when a rewrite that goes on has ended. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const FILE = "pool.journal";
const MAGIC = new TextEncoder().encode("KOMAPOOL1\n");
/** Length and checksum of what follows, then the time of admission. */
const HEAD_BYTES = 8;
const TIME_BYTES = 8;
const LEAST_BYTES = 4 * 1024 * 1024;
const SLICE_BYTES = 512 * 1024;

/**
 * @param rules  bound what is read: a record longer than a transaction is damage, and twice a full pool is more than we write
 * @param least  a file shorter than this is never rewritten, bytes
 * @throws {EnvironmentError} KOMA_E_STORE_IO when the file can be neither read nor made
 */
export function openPoolJournal(
  dataDir: string,
  rules: Pick<PoolRules, "maxBytes" | "maxTransactionBytes">,
  logger: Logger,
  least = LEAST_BYTES,
): PoolJournal {
  const file = join(dataDir, FILE);
  const draft = `${file}.new`;
  let { descriptor, size, restored } = attempt(file, () => openFile(file, draft, rules, logger));
  let rewriteAbove = least;
  let failing = false;
  let rewriting: Promise<void> | undefined;
  /** Records that came while the file was being rewritten. */
  let meanwhile: Bytes[] = [];
  let closed = false;

  function write(bytes: Bytes): void {
    try {
      writeAll(descriptor, bytes, size);
      size += bytes.length;
      failing = false;
    } catch (error) {
      // A full disk must not stop the node: the pool goes on in memory. Half a record would hide all that follow it.
      if (!failing) logger.error({ file, error: String(error) }, "the pool cannot be written to disk");
      failing = true;
      takeBack();
    }
  }

  function takeBack(): void {
    try {
      ftruncateSync(descriptor, size);
    } catch (error) {
      closed = true;
      logger.error({ file, error: String(error) }, "the pool is not kept on disk any more");
    }
  }

  async function rewrite(records: readonly JournalRecord[]): Promise<void> {
    const handle = await open(draft, "w+", 0o600);
    let written = 0;
    try {
      for (const slice of slicesOf(records)) {
        await appendTo(handle, slice, written);
        written += slice.length;
        if (closed) return;
      }
    } finally {
      await handle.close();
    }
    // From here on in one turn, so that no record comes between.
    const next = openSync(draft, "r+");
    for (const bytes of meanwhile) {
      writeAll(next, bytes, written);
      written += bytes.length;
    }
    renameSync(draft, file);
    closeSync(descriptor);
    descriptor = next;
    size = written;
  }

  return {
    takeRestored() {
      const taken = restored;
      restored = [];
      return taken;
    },
    append(records) {
      if (closed || records.length === 0) return;
      const bytes = concatBytes(...records.map(encodeRecord));
      write(bytes);
      if (rewriting) meanwhile.push(bytes);
    },
    tidy(current) {
      if (closed || rewriting || size < rewriteAbove || size < 2 * current.bytes) return;
      rewriting = rewrite(current.records())
        .then(() => {
          rewriteAbove = least;
        })
        .catch((error: unknown) => {
          // Not again with every block.
          rewriteAbove = size + least;
          logger.error({ file, error: String(error) }, "the pool's file could not be rewritten");
        })
        .finally(() => {
          rewriting = undefined;
          meanwhile = [];
        });
    },
    settled: async () => rewriting,
    async close() {
      closed = true;
      await rewriting;
      closeSync(descriptor);
    },
  };
}

function openFile(
  file: string,
  draft: string,
  { maxBytes, maxTransactionBytes }: Pick<PoolRules, "maxBytes" | "maxTransactionBytes">,
  logger: Logger,
) {
  // Left by a process that died while it rewrote the file; the file itself is whole.
  rmSync(draft, { force: true });
  const descriptor = openSync(file, existsSync(file) ? "r+" : "w+", 0o600);
  const { size: found } = fstatSync(descriptor);
  const most = 2 * maxBytes + maxTransactionBytes + LEAST_BYTES;
  const bytes = readStart(descriptor, Math.min(found, most));
  const { records, end } = decodeRecords(bytes, maxTransactionBytes);
  if (found > 0 && end < found) {
    logger.warn({ file, kept: records.length, lost: found - end }, "the end of the pool's file is damaged");
  }
  ftruncateSync(descriptor, end);
  if (end === 0) writeAll(descriptor, MAGIC, 0);
  return { descriptor, size: Math.max(end, MAGIC.length), restored: records };
}

function encodeRecord({ raw, admittedAt }: JournalRecord): Bytes {
  const record = new Uint8Array(HEAD_BYTES + TIME_BYTES + raw.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, TIME_BYTES + raw.length);
  view.setBigUint64(HEAD_BYTES, BigInt(admittedAt));
  record.set(raw, HEAD_BYTES + TIME_BYTES);
  view.setUint32(4, crc32(record.subarray(HEAD_BYTES)));
  return record;
}

/** Records up to the first that is damaged; `end` is where the next one belongs, 0 when the file is none of ours. */
function decodeRecords(bytes: Bytes, maxTransactionBytes: number) {
  const records: JournalRecord[] = [];
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return { records, end: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = MAGIC.length;
  while (end + HEAD_BYTES + TIME_BYTES < bytes.length) {
    const length = view.getUint32(end);
    const from = end + HEAD_BYTES;
    if (length <= TIME_BYTES || length > TIME_BYTES + maxTransactionBytes || from + length > bytes.length) break;
    if (crc32(bytes.subarray(from, from + length)) !== view.getUint32(end + 4)) break;
    const admittedAt = Number(view.getBigUint64(from));
    if (!Number.isSafeInteger(admittedAt)) break;
    records.push({ raw: bytes.slice(from + TIME_BYTES, from + length), admittedAt: timestamp(admittedAt) });
    end = from + length;
  }
  return { records, end };
}

function readStart(descriptor: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const count = readSync(descriptor, bytes, read, length - read, read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

function writeAll(descriptor: number, bytes: Bytes, at: number): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written, bytes.length - written, at + written);
}

async function appendTo(handle: FileHandle, bytes: Bytes, at: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}

function* slicesOf(records: readonly JournalRecord[]): Generator<Bytes> {
  let slice: Bytes[] = [MAGIC];
  let size = 0;
  for (const record of records) {
    const bytes = encodeRecord(record);
    slice.push(bytes);
    size += bytes.length;
    if (size < SLICE_BYTES) continue;
    yield concatBytes(...slice);
    slice = [];
    size = 0;
  }
  yield concatBytes(...slice);
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_STORE_IO", `${file} could not be opened.`, {
      facts: { file },
      fix: ["Give a data directory that can be written, on a disk with space."],
      cause,
    });
  }
}
