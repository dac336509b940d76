import { createHash, type Hash as Digest } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { maxBlockBytes } from "../chain/index.ts";
import { EnvironmentError, UserError } from "../errors.ts";
import {
  type Bytes,
  concatBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  parseHash,
  utf8,
} from "../primitives/index.ts";

/**
 * A file of final blocks: a line of JSON that says whose they are, then records of a byte for the kind, four bytes for the
 * length (big-endian) and the content. Ends of eras come first, then the blocks in order, then the SHA-256 of all before.
 */
export interface ChainFileHead {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
  /** First and last block. */
  readonly from: bigint;
  readonly to: bigint;
}

/** The end of an era as `encodeEraEnd` gives it, with the consensus instance that it ends. */
export interface EndRecord {
  readonly instance: Hash;
  readonly end: Bytes;
}

const FORMAT = "koma-chain";
const VERSION = 1;
const MAX_HEAD_BYTES = 1_024;
const RECORD_HEAD = 5;
const END = 1;
const BLOCK = 2;
const DIGEST = 3;
const DIGEST_BYTES = 32;
/** Of one end: a unit and a signature per validator of the largest committee. */
const MAX_END_BYTES = 512 * 1024;
/** Of all ends of a file, which are kept in memory. */
const MAX_ENDS_BYTES = 64 * 1024 * 1024;
const MAX_ENDS = 100_000;

export interface ChainFileWriter {
  end(record: EndRecord): void;
  block(bytes: Bytes): void;
  /** Makes the file appear under its name, whole and on the disk. Gives its size in bytes. */
  finish(): number;
  /** Leaves nothing behind. */
  discard(): void;
}

/** Where a file stands while it is written. */
export function partialPath(path: string): string {
  return `${path}.partial`;
}

/** Writes under another name first; what stands there already is left of an attempt that was killed, and is replaced. */
export function createChainFile(path: string, { chainId, genesisHash, from, to }: ChainFileHead): ChainFileWriter {
  const partial = partialPath(path);
  const file = attempt(path, () => openSync(partial, "w", 0o644));
  const digest = createHash("sha256");
  let size = 0;
  let open = true;

  function write(bytes: Bytes): void {
    attempt(path, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    });
    digest.update(bytes);
    size += bytes.length;
  }
  const record = (kind: number, content: Bytes) => write(concatBytes(recordHead(kind, content.length), content));
  const head = {
    format: FORMAT,
    version: VERSION,
    chainId: String(chainId),
    genesisHash,
    from: String(from),
    to: String(to),
  };
  write(utf8(`${JSON.stringify(head)}\n`));

  return {
    end: ({ instance, end }) => record(END, concatBytes(hashToBytes(instance), end)),
    block: (bytes) => record(BLOCK, bytes),
    finish() {
      record(DIGEST, new Uint8Array(digest.copy().digest()));
      attempt(path, () => {
        fsyncSync(file);
        closeSync(file);
        renameSync(partial, path);
      });
      open = false;
      return size;
    },
    discard() {
      if (open) closeSync(file);
      open = false;
      rmSync(partial, { force: true });
    },
  };
}

export interface ChainFileReader {
  readonly head: ChainFileHead;
  readonly ends: readonly EndRecord[];
  /** The bytes of the next block; undefined after the last one. @throws {UserError} KOMA_E_CHAIN_FILE_INVALID */
  next(): Bytes | undefined;
  /** Where the next block begins, to come back to. */
  readonly place: ChainFilePlace;
  goTo(place: ChainFilePlace): void;
  close(): void;
}

/** A place between two blocks. */
export interface ChainFilePlace {
  readonly offset: number;
  /** Number of the next block, if blocks are numbered as the head says. */
  readonly number: bigint;
}

/**
 * Reads a file that anybody may have made: lengths are bounded, and no more than one block is in memory at a time.
 *
 * @throws {UserError} KOMA_E_CHAIN_FILE_INVALID; @throws {EnvironmentError} KOMA_E_FILE_UNREADABLE
 */
export function openChainFile(path: string): ChainFileReader {
  const file = unreadable(path, () => openSync(path, "r"));
  try {
    const first = readAt(file, path, 0, MAX_HEAD_BYTES);
    const lineEnd = first.indexOf(10);
    if (lineEnd < 0) throw invalid(path, "its first line is too long");
    const head = parseHead(path, new TextDecoder().decode(first.subarray(0, lineEnd)));
    let place: ChainFilePlace = { offset: lineEnd + 1, number: head.from };

    const record = (): { readonly kind: number; readonly length: number } => {
      const [kind = 0, a = 0, b = 0, c = 0, d = 0] = exactly(file, path, place.offset, RECORD_HEAD);
      return { kind, length: a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d };
    };
    const content = (length: number, step: bigint): Bytes => {
      const bytes = exactly(file, path, place.offset + RECORD_HEAD, length);
      place = { offset: place.offset + RECORD_HEAD + length, number: place.number + step };
      return bytes;
    };

    const ends: EndRecord[] = [];
    let bytesOfEnds = 0;
    for (let next = record(); next.kind === END; next = record()) {
      bytesOfEnds += next.length;
      const tooMany = ends.length >= MAX_ENDS || bytesOfEnds > MAX_ENDS_BYTES;
      if (tooMany || next.length < DIGEST_BYTES || next.length > MAX_END_BYTES)
        throw invalid(path, "the ends of eras are too long");
      const bytes = content(next.length, 0n);
      ends.push({ instance: hashFromBytes(bytes.subarray(0, DIGEST_BYTES)), end: bytes.slice(DIGEST_BYTES) });
    }
    return {
      head,
      ends,
      next() {
        const { kind, length } = record();
        if (kind === DIGEST && length === DIGEST_BYTES && place.number === head.to + 1n) return undefined;
        if (kind !== BLOCK || place.number > head.to)
          throw invalid(path, `no block ${place.number} where it should be`);
        if (length > maxBlockBytes) throw invalid(path, `block ${place.number} is too large`);
        return content(length, 1n);
      },
      get place() {
        return place;
      },
      goTo(to) {
        place = to;
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Whether the file is as it was written; says nothing about who wrote it. Reads it once, in pieces. */
export async function checkDigest(path: string, breathe: () => Promise<void>): Promise<void> {
  const file = unreadable(path, () => openSync(path, "r"));
  try {
    const digest: Digest = createHash("sha256");
    let held: Bytes = new Uint8Array(0);
    const kept = RECORD_HEAD + DIGEST_BYTES;
    for (let offset = 0; ; ) {
      const piece = readAt(file, path, offset, PIECE_BYTES);
      if (piece.length === 0) break;
      offset += piece.length;
      const all = concatBytes(held, piece);
      const settled = Math.max(0, all.length - kept);
      digest.update(all.subarray(0, settled));
      held = all.slice(settled);
      await breathe();
    }
    const expected = concatBytes(recordHead(DIGEST, DIGEST_BYTES), new Uint8Array(digest.digest()));
    if (Buffer.compare(held, expected) !== 0) throw invalid(path, "it was cut off or changed after it was written");
  } finally {
    closeSync(file);
  }
}

const PIECE_BYTES = 1024 * 1024;

function recordHead(kind: number, length: number): Bytes {
  return Uint8Array.of(kind, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
}

function parseHead(path: string, line: string): ChainFileHead {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(line) as Record<string, unknown>;
  } catch (cause) {
    throw invalid(path, "its first line is not JSON", cause);
  }
  const decimal = (name: string): bigint => {
    const value = json[name];
    if (typeof value === "string" && /^(0|[1-9][0-9]{0,15})$/.test(value)) return BigInt(value);
    throw invalid(path, `${name} is no number`);
  };
  if (json?.["format"] !== FORMAT) throw invalid(path, `its format is not ${FORMAT}`);
  if (json["version"] !== VERSION) throw invalid(path, "a newer koma wrote it");
  const genesis = json["genesisHash"];
  if (typeof genesis !== "string" || !/^0x[0-9a-f]{64}$/.test(genesis)) throw invalid(path, "genesisHash is no hash");
  const head = {
    chainId: decimal("chainId"),
    genesisHash: parseHash(genesis),
    from: decimal("from"),
    to: decimal("to"),
  };
  if (head.from < 1n || head.from > head.to) throw invalid(path, "it ends before it begins");
  return head;
}

function exactly(file: number, path: string, offset: number, length: number): Bytes {
  const bytes = readAt(file, path, offset, length);
  if (bytes.length !== length) throw invalid(path, "it is cut off");
  return bytes;
}

function readAt(file: number, path: string, offset: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  const done = unreadable(path, () => {
    let read = 0;
    for (let got = 1; got > 0 && read < length; read += got)
      got = readSync(file, bytes, read, length - read, offset + read);
    return read;
  });
  return bytes.subarray(0, done);
}

export function invalid(path: string, reason: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_CHAIN_FILE_INVALID", `${path} is no sound file of blocks: ${reason}.`, {
    facts: { path, reason },
    fix: ["Write the file again: koma node export"],
    cause,
  });
}

function unreadable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new EnvironmentError("KOMA_E_FILE_UNREADABLE", `${path} cannot be read.`, { facts: { path }, cause });
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw new EnvironmentError(
      "KOMA_E_FILE_UNWRITABLE",
      `${path} cannot be written${full ? ": the disk is full" : ""}.`,
      {
        facts: { path },
        fix: ["Give a path on a disk with room, in a folder that can be written."],
        cause,
      },
    );
  }
}
