import {
  type Bytes,
  decodeRlp,
  encodeRlp,
  type Hash,
  hashToBytes,
  MalformedRlp,
  numberToBytes,
  type RlpItem,
  readBytes,
  readHash,
  readList,
  readNumber,
} from "../primitives/index.ts";
import type { AnnouncedTransaction } from "../txpool/index.ts";

/** Transactions travel together, at most this many bodies to a frame. */
export const FRAME_TRANSACTIONS = 50;
/** A frame stays well below what the channel allows; a transaction alone may have 128 KiB of data. */
const FRAME_BYTES = 256 * 1024;
/** Most announcements of a frame, and most hashes of a question. */
const FRAME_ANNOUNCEMENTS = 1_024;
const MAX_QUESTION = 512;

/** One message of the channel `transactions`: bodies, and hashes of transactions that can be asked for. */
export interface TransactionFrame {
  readonly bodies: readonly Bytes[];
  readonly announced: readonly AnnouncedTransaction[];
}

/** Frames of bodies: a list of transactions as EIP-2718 bytes. */
export function bodyFrames(raws: Iterable<Bytes>): readonly Bytes[] {
  const frames: Bytes[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const raw of raws) {
    if (size + raw.length > FRAME_BYTES || (frames.at(-1)?.length ?? 0) >= FRAME_TRANSACTIONS) {
      frames.push([]);
      size = 0;
    }
    frames.at(-1)?.push(raw);
    size += raw.length;
  }
  return frames.map((frame) => encodeRlp(frame));
}

/** Frames of announcements: a list of `[hash, size]`, told apart from bodies by being lists. */
export function announcementFrames(announced: readonly AnnouncedTransaction[]): readonly Bytes[] {
  const frames: Bytes[] = [];
  for (let at = 0; at < announced.length; at += FRAME_ANNOUNCEMENTS) {
    const items = announced.slice(at, at + FRAME_ANNOUNCEMENTS);
    frames.push(encodeRlp(items.map(({ hash, size }) => [hashToBytes(hash), numberToBytes(size)])));
  }
  return frames;
}

/** Undefined for what is malformed or longer than an honest node sends. */
export function readFrame(payload: Bytes): TransactionFrame | undefined {
  return readItems(payload, (items) => {
    const bodies: Bytes[] = [];
    const announced: AnnouncedTransaction[] = [];
    for (const item of items) {
      if (item instanceof Uint8Array) bodies.push(copyOf(item));
      else {
        const [hash, size] = readList(item, 2);
        announced.push({ hash: readHash(hash), size: readNumber(size) });
      }
    }
    if (bodies.length > 4 * FRAME_TRANSACTIONS || announced.length > FRAME_ANNOUNCEMENTS) return undefined;
    return { bodies, announced };
  });
}

/** Asks for the bodies of transactions. */
export function encodeQuestion(hashes: readonly Hash[]): Bytes {
  return encodeRlp(hashes.map(hashToBytes));
}

export function readQuestion(payload: Bytes): readonly Hash[] | undefined {
  return readItems(payload, (items) => (items.length > MAX_QUESTION ? undefined : items.map(readHash)));
}

/** What there is of what was asked for, until the answer is full; the rest can be asked for again. */
export function encodeAnswer(raws: Iterable<Bytes>): Bytes {
  const answer: Bytes[] = [];
  let size = 0;
  for (const raw of raws) {
    if (answer.length > 0 && size + raw.length > FRAME_BYTES) break;
    answer.push(raw);
    size += raw.length;
  }
  return encodeRlp(answer);
}

export function readAnswer(payload: Bytes): readonly Bytes[] | undefined {
  return readItems(payload, (items) =>
    items.length > MAX_QUESTION ? undefined : items.map((item) => copyOf(readBytes(item))),
  );
}

function readItems<T>(payload: Bytes, read: (items: readonly RlpItem[]) => T): T | undefined {
  const decoded = decodeRlp(payload);
  if (!decoded.ok) return undefined;
  try {
    return read(readList(decoded.value));
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}

/** A transaction outlives its frame by far; `slice` of what a socket gave would keep the whole packet in memory. */
function copyOf(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}
