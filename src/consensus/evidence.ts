import {
  type Address,
  accept,
  type Bytes,
  type Check,
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
  recoverAddress,
  reject,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Instance } from "./instance.ts";
import { hashHeader, headerDigest, type SignedUnit, type UnitHash, type UnitHeader } from "./unit.ts";
import { type CodecRejection, copyOf, decodeWith, readOptionalHash } from "./unit-codec.ts";

export interface SignedHeader extends UnitHeader {
  /** 65 bytes r ‖ s ‖ v over the header's EIP-712 digest. */
  readonly signature: Bytes;
}

/**
 * Two different units of one creator with one sequence number: nobody honest signs that. Constant size, so that the
 * root contract can judge it with two `ecrecover`s.
 */
export interface EquivocationEvidence {
  readonly kind: "equivocation";
  /** The header with the smaller hash, so that a pair has one form. */
  readonly first: SignedHeader;
  readonly second: SignedHeader;
}

export type Evidence = EquivocationEvidence;

export type EvidenceRejection =
  | { readonly code: "UnknownPerpetrator"; readonly creator: ValidatorIndex }
  | { readonly code: "EquivocationDifferentCreators"; readonly creators: readonly [ValidatorIndex, ValidatorIndex] }
  | { readonly code: "EquivocationDifferentSeqNumbers"; readonly seqs: readonly [number, number] }
  | { readonly code: "EquivocationInstanceId"; readonly instances: readonly [Hash, Hash] }
  | { readonly code: "EquivocationSameUnit"; readonly unit: UnitHash }
  | { readonly code: "Signature"; readonly expected: Address; readonly recovered: Address | undefined };

/** The validator an evidence accuses. */
export function perpetratorOf(evidence: Evidence): ValidatorIndex {
  return evidence.first.creator;
}

export function headerOf(unit: SignedUnit): SignedHeader {
  const { instance, creator, seq, prev, bodyHash, signature } = unit;
  return { instance, creator, seq, prev, bodyHash, signature };
}

/** Evidence from two signed headers, given in any order. */
export function createEquivocationEvidence(domain: Bytes, a: SignedHeader, b: SignedHeader): EquivocationEvidence {
  const inOrder = hashHeader(domain, a) < hashHeader(domain, b);
  return { kind: "equivocation", first: inOrder ? a : b, second: inOrder ? b : a };
}

/**
 * Checks an evidence that somebody sent. Hashes are compared, never signatures: a second signature over the same unit
 * is no fault of its creator.
 *
 * @see KoMaBFT spec 7 (E1)
 */
export function verifyEvidence(evidence: Evidence, instance: Instance): Check<Evidence, EvidenceRejection> {
  const { first, second } = evidence;
  const accused = instance.committee.validators[first.creator];
  if (accused === undefined) return reject({ code: "UnknownPerpetrator", creator: first.creator });
  if (first.creator !== second.creator) {
    return reject({ code: "EquivocationDifferentCreators", creators: [first.creator, second.creator] });
  }
  if (first.seq !== second.seq) {
    return reject({ code: "EquivocationDifferentSeqNumbers", seqs: [first.seq, second.seq] });
  }
  if (first.instance !== instance.id || second.instance !== instance.id) {
    return reject({ code: "EquivocationInstanceId", instances: [first.instance, second.instance] });
  }
  const hash = hashHeader(instance.domain, first);
  if (hash === hashHeader(instance.domain, second)) return reject({ code: "EquivocationSameUnit", unit: hash });
  for (const header of [first, second]) {
    const recovered = recoverAddress(headerDigest(instance.domain, header), header.signature);
    if (recovered !== accused.signer) return reject({ code: "Signature", expected: accused.signer, recovered });
  }
  return accept(evidence);
}

export function evidenceToRlp(evidence: Evidence): RlpItem {
  return [headerToRlp(evidence.first), headerToRlp(evidence.second)];
}

/** @throws {MalformedRlp} */
export function evidenceFromRlp(item: RlpItem | undefined): Evidence {
  const fields = readList(item, 2);
  return { kind: "equivocation", first: headerFromRlp(fields[0]), second: headerFromRlp(fields[1]) };
}

/** Bytes for the store. */
export function encodeEvidence(evidence: Evidence): Bytes {
  return encodeRlp(evidenceToRlp(evidence));
}

export function decodeEvidence(bytes: Bytes): Check<Evidence, CodecRejection> {
  return decodeWith(bytes, evidenceFromRlp);
}

function headerToRlp(header: SignedHeader): RlpItem {
  return [
    hexToBytes(header.instance),
    numberToBytes(header.creator),
    numberToBytes(header.seq),
    header.prev === undefined ? emptyBytes : hexToBytes(header.prev),
    hexToBytes(header.bodyHash),
    header.signature,
  ];
}

function headerFromRlp(item: RlpItem | undefined): SignedHeader {
  const fields = readList(item, 6);
  const creator = readNumber(fields[1]);
  if (creator > 0xffff_ffff) throw new MalformedRlp("creator beyond uint32");
  return {
    instance: readHash(fields[0]),
    creator,
    seq: readNumber(fields[2]),
    prev: readOptionalHash(fields[3]) as UnitHash | undefined,
    bodyHash: readHash(fields[4]),
    signature: copyOf(readBytes(fields[5], 65)),
  };
}
