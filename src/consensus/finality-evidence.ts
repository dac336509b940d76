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
import { type FinalitySignature, finalityDigest, isSameBlock, type SignedBlock } from "./finality-signature.ts";
import type { Instance } from "./instance.ts";
import { copyOf, readUnitHash } from "./unit-codec.ts";

/** Evidence E3: one validator called two blocks, or two units of one block, of one height final (KoMaBFT spec 7, 13). */
export interface FinalityEvidence {
  readonly kind: "finality";
  readonly instance: Hash;
  /** The one with the smaller block hash; of one block, with the smaller unit hash. */
  readonly first: FinalitySignature;
  readonly second: FinalitySignature;
}

/** Two valid signatures of one validator for different blocks, or units of one block, at one height. */
export function createFinalityEvidence(
  instance: Hash,
  a: FinalitySignature,
  b: FinalitySignature,
): FinalityEvidence | undefined {
  if (a.validator !== b.validator || a.height !== b.height || isSameBlock(a, b)) return undefined;
  const [first, second] = inOrder(a, b) ? [a, b] : [b, a];
  return { kind: "finality", instance, first, second };
}

/** Blocks ascending, units of one block ascending; hashes have one length, so that their text tells. */
function inOrder(a: SignedBlock, b: SignedBlock): boolean {
  return a.block === b.block ? a.unit < b.unit : a.block < b.block;
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
  // Two that say the same contradict nothing; the codec does not let such a pair in, but whoever builds one is answered too.
  if (isSameBlock(first, second)) return reject({ code: "EquivocationSameUnit", unit: first.unit });
  for (const signed of [first, second]) {
    const recovered = instance.checks.recover(finalityDigest(instance, signed), signed.signature);
    if (recovered !== accused.signer) return reject({ code: "Signature", expected: accused.signer, recovered });
  }
  return accept(evidence);
}

export const FINALITY_EVIDENCE_FIELDS = 3;

/** `[instance, [validator, height], [[block, unit, signature], [block, unit, signature]]]` in order: one form for one pair. */
export function finalityEvidenceToRlp({ instance, first, second }: FinalityEvidence): RlpItem {
  return [
    hexToBytes(instance),
    [numberToBytes(first.validator), numberToBytes(first.height)],
    [first, second].map(({ block, unit, signature }) => [hexToBytes(block), hexToBytes(unit), signature]),
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
    const [block, unit, signature] = readList(entry, 3);
    const bytes = copyOf(readBytes(signature, 65));
    return { validator, height, block: readHash(block), unit: readUnitHash(unit), signature: bytes };
  };
  const [first, second] = [half(pair[0]), half(pair[1])];
  if (!inOrder(first, second)) throw new MalformedRlp("blocks are not in order");
  return { kind: "finality", instance: readHash(fields[0]), first, second };
}
