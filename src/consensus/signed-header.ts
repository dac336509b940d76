import {
  type Bytes,
  emptyBytes,
  hexToBytes,
  MalformedRlp,
  numberToBytes,
  type RlpItem,
  readBytes,
  readHash,
  readList,
  readNumber,
} from "../primitives/index.ts";
import type { SignedUnit, UnitHash, UnitHeader } from "./unit.ts";
import { copyOf, readOptionalHash } from "./unit-codec.ts";

export interface SignedHeader extends UnitHeader {
  /** 65 bytes r ‖ s ‖ v over the header's EIP-712 digest. */
  readonly signature: Bytes;
}

export function headerOf(unit: SignedUnit): SignedHeader {
  const { instance, creator, seq, prev, bodyHash, signature } = unit;
  return { instance, creator, seq, prev, bodyHash, signature };
}

/** `[instance, creator, seq, prev, bodyHash]` */
export function headerToRlp(header: UnitHeader): RlpItem[] {
  return [
    hexToBytes(header.instance),
    numberToBytes(header.creator),
    numberToBytes(header.seq),
    header.prev === undefined ? emptyBytes : hexToBytes(header.prev),
    hexToBytes(header.bodyHash),
  ];
}

/** @throws {MalformedRlp} */
export function headerFromRlp(item: RlpItem | undefined): UnitHeader {
  return headerFromFields(readList(item, 5));
}

/** `[instance, creator, seq, prev, bodyHash, signature]` */
export function signedHeaderToRlp(header: SignedHeader): RlpItem {
  return [...headerToRlp(header), header.signature];
}

/** @throws {MalformedRlp} */
export function signedHeaderFromRlp(item: RlpItem | undefined): SignedHeader {
  const fields = readList(item, 6);
  return { ...headerFromFields(fields), signature: copyOf(readBytes(fields[5], 65)) };
}

/** An index as EIP-712 can hold it. */
export function readIndex(item: RlpItem | undefined): number {
  const index = readNumber(item);
  if (index > 0xffff_ffff) throw new MalformedRlp("validator beyond uint32");
  return index;
}

function headerFromFields(fields: readonly RlpItem[]): UnitHeader {
  return {
    instance: readHash(fields[0]),
    creator: readIndex(fields[1]),
    seq: readNumber(fields[2]),
    prev: readOptionalHash(fields[3]) as UnitHash | undefined,
    bodyHash: readHash(fields[4]),
  };
}
