import {
  accept,
  type Check,
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
} from "../primitives/index.ts";
import type { EndorsementEvidenceRejection } from "./endorsement-evidence.ts";
import { type FinalitySignature, finalityDigest } from "./finality-signature.ts";
import type { Instance } from "./instance.ts";
import { copyOf } from "./unit-codec.ts";

/** Evidence E3: one validator called two blocks of one height final (KoMaBFT spec 7, 13). */
export interface FinalityEvidence {
  readonly kind: "finality";
  readonly instance: Hash;
  /** The one with the smaller block hash. */
  readonly first: FinalitySignature;
  readonly second: FinalitySignature;
}

/** Two valid signatures of one validator for different blocks of one height. */
export function createFinalityEvidence(
  instance: Hash,
  a: FinalitySignature,
  b: FinalitySignature,
): FinalityEvidence | undefined {
  if (a.validator !== b.validator || a.height !== b.height || a.block === b.block) return undefined;
  const [first, second] = a.block < b.block ? [a, b] : [b, a];
  return { kind: "finality", instance, first, second };
}

export function verifyFinalityEvidence(
  evidence: FinalityEvidence,
  instance: Instance,
): Check<FinalityEvidence, EndorsementEvidenceRejection> {
  const { first, second } = evidence;
  const accused = instance.committee.validators[first.validator];
  if (accused === undefined) return reject({ code: "UnknownPerpetrator", creator: first.validator });
  if (evidence.instance !== instance.id) {
    return reject({ code: "EquivocationInstanceId", instances: [evidence.instance, evidence.instance] });
  }
  for (const { height, block, signature } of [first, second]) {
    const recovered = instance.checks.recover(finalityDigest(instance, height, block), signature);
    if (recovered !== accused.signer) return reject({ code: "Signature", expected: accused.signer, recovered });
  }
  return accept(evidence);
}

export const FINALITY_EVIDENCE_FIELDS = 3;

/** `[instance, [validator, height], [[block, signature], [block, signature]]]`, blocks ascending: one form for one pair. */
export function finalityEvidenceToRlp({ instance, first, second }: FinalityEvidence): RlpItem {
  return [
    hexToBytes(instance),
    [numberToBytes(first.validator), numberToBytes(first.height)],
    [first, second].map(({ block, signature }) => [hexToBytes(block), signature]),
  ];
}

/** @throws {MalformedRlp} */
export function finalityEvidenceFromRlp(item: RlpItem | undefined): FinalityEvidence {
  const fields = readList(item, FINALITY_EVIDENCE_FIELDS);
  const place = readList(fields[1], 2);
  const validator = readNumber(place[0]);
  const height = readNumber(place[1]);
  const pair = readList(fields[2], 2);
  const half = (entry: RlpItem | undefined): FinalitySignature => {
    const parts = readList(entry, 2);
    return { validator, height, block: readHash(parts[0]), signature: copyOf(readBytes(parts[1], 65)) };
  };
  const [first, second] = [half(pair[0]), half(pair[1])];
  if (first.block >= second.block) throw new MalformedRlp("blocks are not in order");
  return { kind: "finality", instance: readHash(fields[0]), first, second };
}
