import {
  addressToBytes,
  type Bytes,
  bigintToBytes,
  decodeRlp,
  encodeRlp,
  MalformedRlp,
  type RlpItem,
  readAddress,
  readBigint,
  readBytes,
  readList,
  readNumber,
} from "../primitives/index.ts";
import { officeOf, officeToBytes, type StakedValidator } from "./committee.ts";
import { type FinalityProof, finalityProofFromRlp, finalityProofToRlp } from "./finality-signature.ts";
import type { WireUnit } from "./unit.ts";
import { decodeUnit, encodeUnit } from "./unit-codec.ts";

/**
 * How an era ended: the unit that carries its switch block, who signed that this block is final, and whom the state after
 * it names as the root chain's validators. The last follows from the block, but whoever reads this may not have it yet.
 */
export interface EraEnd {
  readonly unit: WireUnit;
  readonly proof: FinalityProof;
  readonly staked?: readonly StakedValidator[] | undefined;
}

/** Seats that the root chain has. */
const MAX_STAKED = 256;
/** Of a stake: the root chain keeps it in 96 bits. */
const STAKE_BYTES = 12;
const ADDRESS_BYTES = 20;

/** `[unit, [height, block, hash of the unit, [[validator, signature] …]], [[signer, stake, office] …]]`, for the store and for peers. */
export function encodeEraEnd({ unit, proof, staked = [] }: EraEnd): Bytes {
  return encodeRlp([encodeUnit(unit), finalityProofToRlp(proof), staked.map(stakedToRlp)]);
}

function stakedToRlp({ signer, stake, producer, producerKey }: StakedValidator): RlpItem {
  return [addressToBytes(signer), bigintToBytes(stake), officeToBytes(producer, producerKey)];
}

function stakedFromRlp(item: RlpItem): StakedValidator {
  const fields = readList(item, 3);
  return { signer: readAddress(fields[0]), stake: readBigint(fields[1], STAKE_BYTES), ...officeFromRlp(fields[2]) };
}

function officeFromRlp(item: RlpItem | undefined): Pick<StakedValidator, "producer" | "producerKey"> {
  if (readBytes(item).length === ADDRESS_BYTES) return officeOf(true, readAddress(item));
  const producer = readNumber(item);
  if (producer > 1) throw new MalformedRlp("neither a producer nor none");
  return officeOf(producer === 1);
}

/** Undefined for anything that {@link encodeEraEnd} would not give; says nothing about signatures. */
export function decodeEraEnd(bytes: Bytes): EraEnd | undefined {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return undefined;
  try {
    const fields = readList(decoded.value, 3);
    const unit = decodeUnit(readBytes(fields[0]).slice());
    const staked = readList(fields[2]).map(stakedFromRlp);
    if (!unit.ok || staked.length > MAX_STAKED) return undefined;
    const proof = finalityProofFromRlp(fields[1]);
    return { unit: unit.value, proof, ...(staked.length > 0 ? { staked } : {}) };
  } catch (error) {
    if (error instanceof MalformedRlp) return undefined;
    throw error;
  }
}
