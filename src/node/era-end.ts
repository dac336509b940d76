import {
  decodeUnit,
  encodeUnit,
  type FinalityProof,
  finalityProofFromRlp,
  finalityProofToRlp,
  type WireUnit,
} from "../consensus/index.ts";
import { type Bytes, decodeRlp, encodeRlp, MalformedRlp, readBytes, readList } from "../primitives/index.ts";

/** How an era ended: the unit that carries its switch block, and who signed that this block is final. */
export interface EraEnd {
  readonly unit: WireUnit;
  readonly proof: FinalityProof;
}

/** `[unit, [height, block, [[validator, signature] …]]]`, for the store and for peers. */
export function encodeEraEnd({ unit, proof }: EraEnd): Bytes {
  return encodeRlp([encodeUnit(unit), finalityProofToRlp(proof)]);
}

/** Undefined for anything that {@link encodeEraEnd} would not give; says nothing about signatures. */
export function decodeEraEnd(bytes: Bytes): EraEnd | undefined {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return undefined;
  try {
    const fields = readList(decoded.value, 2);
    const unit = decodeUnit(readBytes(fields[0]).slice());
    return unit.ok ? { unit: unit.value, proof: finalityProofFromRlp(fields[1]) } : undefined;
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}
