import {
  accept,
  type Bytes,
  type Check,
  encodeRlp,
  type Hash,
  type RlpItem,
  readList,
  reject,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import {
  ENDORSEMENT_EVIDENCE_FIELDS,
  type EndorsementEvidence,
  type EndorsementEvidenceRejection,
  endorsementEvidenceFromRlp,
  endorsementEvidenceToRlp,
  verifyEndorsementEvidence,
} from "./endorsement-evidence.ts";
import {
  FINALITY_EVIDENCE_FIELDS,
  type FinalityEvidence,
  finalityEvidenceFromRlp,
  finalityEvidenceToRlp,
  verifyFinalityEvidence,
} from "./finality-evidence.ts";
import type { Instance } from "./instance.ts";
import { type SignedHeader, signedHeaderFromRlp, signedHeaderToRlp } from "./signed-header.ts";
import { hashHeader, headerDigest } from "./unit.ts";
import { type CodecRejection, decodeWith } from "./unit-codec.ts";

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

export type Evidence = EquivocationEvidence | EndorsementEvidence | FinalityEvidence;

export type EvidenceRejection =
  | EndorsementEvidenceRejection
  | { readonly code: "EquivocationDifferentCreators"; readonly creators: readonly [ValidatorIndex, ValidatorIndex] }
  | { readonly code: "EquivocationDifferentSeqNumbers"; readonly seqs: readonly [number, number] };

/** The validator an evidence accuses. */
export function perpetratorOf(evidence: Evidence): ValidatorIndex {
  switch (evidence.kind) {
    case "equivocation":
      return evidence.first.creator;
    case "endorsements":
      return evidence.first.endorser;
    case "finality":
      return evidence.first.validator;
  }
}

/** The instance that both signatures were made for. */
export function instanceOfEvidence(evidence: Evidence): Hash {
  switch (evidence.kind) {
    case "equivocation":
      return evidence.first.instance;
    case "endorsements":
      return evidence.firstUnit.instance;
    case "finality":
      return evidence.instance;
  }
}

/** Evidence from two signed headers, given in any order. */
export function createEquivocationEvidence(domain: Bytes, a: SignedHeader, b: SignedHeader): EquivocationEvidence {
  const inOrder = hashHeader(domain, a) < hashHeader(domain, b);
  return { kind: "equivocation", first: inOrder ? a : b, second: inOrder ? b : a };
}

/** Checks an evidence that somebody sent. */
export function verifyEvidence(evidence: Evidence, instance: Instance): Check<Evidence, EvidenceRejection> {
  switch (evidence.kind) {
    case "equivocation":
      return verifyEquivocation(evidence, instance);
    case "endorsements":
      return verifyEndorsementEvidence(evidence, instance);
    case "finality":
      return verifyFinalityEvidence(evidence, instance);
  }
}

/**
 * Hashes are compared, never signatures: a second signature over the same unit
 * is no fault of its creator.
 *
 * @see KoMaBFT spec 7 (E1)
 */
function verifyEquivocation(
  evidence: EquivocationEvidence,
  instance: Instance,
): Check<EquivocationEvidence, EvidenceRejection> {
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
    const recovered = instance.checks.recover(headerDigest(instance.domain, header), header.signature);
    if (recovered !== accused.signer) return reject({ code: "Signature", expected: accused.signer, recovered });
  }
  return accept(evidence);
}

export function evidenceToRlp(evidence: Evidence): RlpItem {
  if (evidence.kind === "endorsements") return endorsementEvidenceToRlp(evidence);
  if (evidence.kind === "finality") return finalityEvidenceToRlp(evidence);
  return [signedHeaderToRlp(evidence.first), signedHeaderToRlp(evidence.second)];
}

/** @throws {MalformedRlp} */
export function evidenceFromRlp(item: RlpItem | undefined): Evidence {
  const { length } = readList(item);
  if (length === ENDORSEMENT_EVIDENCE_FIELDS) return endorsementEvidenceFromRlp(item);
  if (length === FINALITY_EVIDENCE_FIELDS) return finalityEvidenceFromRlp(item);
  const fields = readList(item, 2);
  return { kind: "equivocation", first: signedHeaderFromRlp(fields[0]), second: signedHeaderFromRlp(fields[1]) };
}

/** Bytes for the store. */
export function encodeEvidence(evidence: Evidence): Bytes {
  return encodeRlp(evidenceToRlp(evidence));
}

export function decodeEvidence(bytes: Bytes): Check<Evidence, CodecRejection> {
  return decodeWith(bytes, evidenceFromRlp);
}
