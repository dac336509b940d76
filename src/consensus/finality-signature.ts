import {
  type Address,
  accept,
  type Bytes,
  type Check,
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
  signDigest,
  structHash,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";
import type { ValidatorIndex, Weight } from "./committee.ts";
import type { Instance } from "./instance.ts";
import { thresholdFromFraction } from "./quorum.ts";
import type { UnitHash } from "./unit.ts";
import { type CodecRejection, copyOf, decodeWith, readUnitHash } from "./unit-codec.ts";
import type { OwnValidator } from "./unit-maker.ts";

/**
 * The block that finality signatures name. The unit is named beside it because one block can be carried by several units of
 * a leader that equivocates, and the next era follows from what the final one observed.
 */
export interface SignedBlock {
  readonly height: number;
  /** Hash of the chain's block. */
  readonly block: Hash;
  /** The unit that carries it. */
  readonly unit: UnitHash;
}

/** A validator's word that a block was final at a third for it; given once per height and instance (KoMaBFT spec 13). */
export interface FinalitySignature extends SignedBlock {
  readonly validator: ValidatorIndex;
  /** 65 bytes r ‖ s ‖ v. */
  readonly signature: Bytes;
}

/** Signatures of many over one block; by two thirds of the weight they stand for the whole state, see {@link isProof}. */
export interface FinalityProof extends SignedBlock {
  /** In the order of validators, each at most once. */
  readonly signatures: readonly { readonly validator: ValidatorIndex; readonly signature: Bytes }[];
}

export type FinalityRejection =
  | { readonly code: "UnknownSigner"; readonly validator: ValidatorIndex }
  | { readonly code: "Banned"; readonly validator: ValidatorIndex }
  | { readonly code: "Signature"; readonly expected: Address; readonly recovered: Address | undefined }
  | { readonly code: "SignersNotInOrder"; readonly validator: ValidatorIndex }
  | { readonly code: "TooLittleWeight"; readonly weight: Weight; readonly total: Weight };

const FINALITY_TYPE = "KomaFinality(bytes32 instance,uint64 height,bytes32 blockHash,bytes32 unit)";

/** What is signed, 32 bytes. */
export function finalityDigest(instance: Instance, { height, block, unit }: SignedBlock): Bytes {
  return typedDigest(
    instance.domain,
    structHash(FINALITY_TYPE, [hexToBytes(instance.id), wordOf(height), hexToBytes(block), hexToBytes(unit)]),
  );
}

export function isSameBlock(a: SignedBlock, b: SignedBlock): boolean {
  return a.height === b.height && a.block === b.block && a.unit === b.unit;
}

/** Signs. Whoever calls has made durable that nothing else of this height is signed, before anything is sent. */
export function signFinality(instance: Instance, own: OwnValidator, signed: SignedBlock): FinalitySignature {
  const { height, block, unit } = signed;
  const signature = signDigest(finalityDigest(instance, signed), own.privateKey);
  return { validator: own.index, height, block, unit, signature };
}

export function verifyFinalitySignature(
  signed: FinalitySignature,
  instance: Instance,
): Check<FinalitySignature, FinalityRejection> {
  const { validator, signature } = signed;
  const signer = instance.committee.validators[validator]?.signer;
  if (signer === undefined) return reject({ code: "UnknownSigner", validator });
  if (instance.banned.has(validator)) return reject({ code: "Banned", validator });
  const recovered = instance.checks.recover(finalityDigest(instance, signed), signature);
  return recovered === signer ? accept(signed) : reject({ code: "Signature", expected: signer, recovered });
}

/**
 * Two proofs of different blocks would share more weight than may be Byzantine at a third: exactly the weight, two thirds or
 * a little more, that finality at a third takes at least. Asking for more, a chain that goes on might never have a proof.
 */
export function isProof(weight: Weight, total: Weight): boolean {
  return 2 * weight - total > thresholdFromFraction(1 / 3, total);
}

/** Checks a proof that somebody sent; a validator counts once. */
export function verifyFinalityProof(proof: FinalityProof, instance: Instance): Check<FinalityProof, FinalityRejection> {
  let weight = 0;
  let previous = -1;
  for (const { validator, signature } of proof.signatures) {
    if (validator <= previous) return reject({ code: "SignersNotInOrder", validator });
    previous = validator;
    const check = verifyFinalitySignature({ ...proof, validator, signature }, instance);
    if (!check.ok) return check;
    weight += instance.weights[validator] as Weight;
  }
  const { total } = instance.committee;
  return isProof(weight, total) ? accept(proof) : reject({ code: "TooLittleWeight", weight, total });
}

export function finalityProofToRlp({ height, block, unit, signatures }: FinalityProof): RlpItem {
  return [
    numberToBytes(height),
    hexToBytes(block),
    hexToBytes(unit),
    signatures.map(({ validator, signature }) => [numberToBytes(validator), signature]),
  ];
}

/** @throws {MalformedRlp} */
export function finalityProofFromRlp(item: RlpItem | undefined): FinalityProof {
  const fields = readList(item, 4);
  const signatures = readList(fields[3]).map((entry) => {
    const pair = readList(entry, 2);
    return { validator: readNumber(pair[0]), signature: copyOf(readBytes(pair[1], 65)) };
  });
  if (signatures.length > MAX_SIGNATURES) throw new MalformedRlp("more signatures than a committee has members");
  return { height: readNumber(fields[0]), block: readHash(fields[1]), unit: readUnitHash(fields[2]), signatures };
}

const MAX_SIGNATURES = 1_024;

export function encodeFinalityProof(proof: FinalityProof): Bytes {
  return encodeRlp(finalityProofToRlp(proof));
}

export function decodeFinalityProof(bytes: Bytes): Check<FinalityProof, CodecRejection> {
  return decodeWith(bytes, finalityProofFromRlp);
}
