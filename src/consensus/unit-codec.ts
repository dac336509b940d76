import {
  accept,
  type Bytes,
  type Check,
  decodeRlp,
  emptyBytes,
  encodeRlp,
  type Hash,
  hexToBytes,
  MalformedRlp,
  numberToBytes,
  type RlpItem,
  readBytes,
  readHash,
  readList,
  readNumber,
  reject,
  timestamp,
} from "../primitives/index.ts";
import { bodyToRlp, type UnitBody, type UnitHash, unitHashFromBytes, type WireUnit } from "./unit.ts";

/** Bytes of a unit on the wire and in the store, at most. */
export const MAX_UNIT_BYTES = 65_536;

const UNIT_VERSION = 1;

export type CodecRejection =
  | { readonly code: "Malformed"; readonly reason: string }
  | { readonly code: "TooLarge"; readonly bytes: number; readonly limit: number };

/** `[1, instance, creator, seq, prev, body, sig, hashes]`; KoMaBFT spec 4. */
export function unitToRlp(unit: WireUnit): RlpItem {
  return [
    numberToBytes(UNIT_VERSION),
    hexToBytes(unit.instance),
    numberToBytes(unit.creator),
    numberToBytes(unit.seq),
    unit.prev === undefined ? emptyBytes : hexToBytes(unit.prev),
    bodyToRlp(unit.body),
    unit.signature,
    unit.hashes.map(hexToBytes),
  ];
}

/** @throws {MalformedRlp} for any item that {@link unitToRlp} would not give */
export function unitFromRlp(item: RlpItem | undefined): WireUnit {
  const fields = readList(item, 8);
  if (readNumber(fields[0]) !== UNIT_VERSION) throw new MalformedRlp("unknown version of unit");
  return {
    instance: readHash(fields[1]),
    creator: readNumber(fields[2]),
    seq: readNumber(fields[3]),
    prev: readOptionalHash(fields[4]) as UnitHash | undefined,
    body: bodyFromRlp(fields[5]),
    signature: copyOf(readBytes(fields[6], 65)),
    hashes: readUnitHashes(fields[7]),
  };
}

export function encodeUnit(unit: WireUnit): Bytes {
  return encodeRlp(unitToRlp(unit));
}

/** The only unit that encodes to exactly these bytes. */
export function decodeUnit(bytes: Bytes): Check<WireUnit, CodecRejection> {
  if (bytes.length > MAX_UNIT_BYTES) return reject({ code: "TooLarge", bytes: bytes.length, limit: MAX_UNIT_BYTES });
  return decodeWith(bytes, unitFromRlp);
}

/** Runs a reader over strict RLP and turns what it throws into a rejection. */
export function decodeWith<T>(bytes: Bytes, read: (item: RlpItem) => T): Check<T, CodecRejection> {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return reject({ code: "Malformed", reason: decoded.rejection.reason });
  try {
    return accept(read(decoded.value));
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "Malformed", reason: error.message });
    throw error;
  }
}

export function readUnitHash(item: RlpItem | undefined): UnitHash {
  return unitHashFromBytes(readBytes(item, 32));
}

/** A copy, because readers give views: a unit that lives for hours must not keep a whole network frame alive. */
export function copyOf(bytes: Bytes): Bytes {
  return bytes.slice();
}

function bodyFromRlp(item: RlpItem | undefined): UnitBody {
  const fields = readList(item, 6);
  const endorsed = readUnitHashes(fields[5]);
  for (let i = 1; i < endorsed.length; i++) {
    if ((endorsed[i - 1] as UnitHash) >= (endorsed[i] as UnitHash)) throw new MalformedRlp("endorsed units not sorted");
  }
  return {
    panoramaRoot: readHash(fields[0]),
    observations: readList(fields[1]).map(readNumber),
    t: timestamp(readNumber(fields[2])),
    roundExp: readNumber(fields[3]),
    blockHash: readOptionalHash(fields[4]),
    endorsed,
  };
}

/** A hash, or undefined for the empty string. */
export function readOptionalHash(item: RlpItem | undefined): Hash | undefined {
  return readBytes(item).length === 0 ? undefined : readHash(item);
}

function readUnitHashes(item: RlpItem | undefined): readonly UnitHash[] {
  return readList(item).map(readUnitHash);
}
