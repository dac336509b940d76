import {
  type Address,
  accept,
  type Check,
  type Hash,
  hexToBytes,
  numberToBytes,
  type RlpItem,
  readBytes,
  readList,
  reject,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import { type DagUnit, laneAncestor } from "./dag-unit.ts";
import { type Endorsement, verifyEndorsement } from "./endorsement.ts";
import type { Instance } from "./instance.ts";
import { headerFromRlp, headerToRlp, readIndex } from "./signed-header.ts";
import { hashHeader, type UnitHash, type UnitHeader } from "./unit.ts";
import { copyOf, readUnitHash } from "./unit-codec.ts";

/**
 * One validator endorsed two units of one creator that do not see each other: nobody honest signs that. Headers are
 * enough: each names its predecessor, so that the second unit's way down to the number of the first is proven.
 */
export interface EndorsementEvidence {
  readonly kind: "endorsements";
  readonly first: Endorsement;
  readonly second: Endorsement;
  readonly firstUnit: UnitHeader;
  /** The second unit and its predecessors down to the number of the first, newest first. */
  readonly lane: readonly UnitHeader[];
}

export type EndorsementEvidenceRejection =
  | { readonly code: "UnknownPerpetrator"; readonly creator: ValidatorIndex }
  | { readonly code: "EndorsementTooManyUnits"; readonly units: number; readonly limit: number }
  | { readonly code: "EndorsementWrongHash"; readonly endorsed: UnitHash; readonly computed: UnitHash }
  | { readonly code: "EndorsementDifferentCreators"; readonly creators: readonly [ValidatorIndex, ValidatorIndex] }
  | { readonly code: "EndorsementInvalidSwimlane"; readonly seq: number }
  | { readonly code: "EquivocationInstanceId"; readonly instances: readonly [Hash, Hash] }
  | { readonly code: "EquivocationSameUnit"; readonly unit: UnitHash }
  | { readonly code: "Signature"; readonly expected: Address; readonly recovered: Address | undefined };

/** Headers that fit into a message beside everything else, whatever the genesis allows. */
const MAX_LANE = 400;

/** Most predecessors that evidence of this instance may name. */
function laneLimit(instance: Instance): number {
  return Math.min(instance.params.endorseEvidenceLimit, MAX_LANE);
}

/**
 * Evidence from two conflicting endorsements of units of the state, given in any order; undefined when they lie so far
 * apart that it would be too long.
 */
export function createEndorsementEvidence(
  instance: Instance,
  a: { readonly unit: DagUnit; readonly endorsement: Endorsement },
  b: { readonly unit: DagUnit; readonly endorsement: Endorsement },
): EndorsementEvidence | undefined {
  const [first, second] = a.unit.seq <= b.unit.seq ? [a, b] : [b, a];
  if (second.unit.seq - first.unit.seq > laneLimit(instance)) return undefined;
  const lane: UnitHeader[] = [];
  for (let seq = second.unit.seq; seq >= first.unit.seq; seq--) {
    lane.push(headerOfUnit(instance, laneAncestor(second.unit, seq) as DagUnit));
  }
  const firstUnit = headerOfUnit(instance, first.unit);
  return { kind: "endorsements", first: first.endorsement, second: second.endorsement, firstUnit, lane };
}

function headerOfUnit(instance: Instance, { creator, seq, prev, bodyHash }: DagUnit): UnitHeader {
  return { instance: instance.id, creator, seq, prev: prev?.hash, bodyHash };
}

/** @see KoMaBFT spec 7 (E2) */
export function verifyEndorsementEvidence(
  evidence: EndorsementEvidence,
  instance: Instance,
): Check<EndorsementEvidence, EndorsementEvidenceRejection> {
  const { first, second, firstUnit, lane } = evidence;
  const accused = instance.committee.validators[first.endorser];
  if (accused === undefined || first.endorser !== second.endorser) {
    return reject({ code: "UnknownPerpetrator", creator: accused === undefined ? first.endorser : second.endorser });
  }
  const limit = laneLimit(instance);
  if (lane.length > limit + 1) return reject({ code: "EndorsementTooManyUnits", units: lane.length - 1, limit });
  const broken = brokenLaneRule(evidence, instance);
  if (broken !== undefined) return reject(broken);
  for (const endorsement of [first, second]) {
    const check = verifyEndorsement(endorsement, instance);
    if (check.ok) continue;
    const recovered = check.rejection.code === "EndorsementSignature" ? check.rejection.recovered : undefined;
    return reject({ code: "Signature", expected: accused.signer, recovered });
  }
  const other = hashHeader(instance.domain, lane.at(-1) as UnitHeader);
  if (hashHeader(instance.domain, firstUnit) === other) return reject({ code: "EquivocationSameUnit", unit: other });
  return accept(evidence);
}

function brokenLaneRule(
  { first, second, firstUnit, lane }: EndorsementEvidence,
  { domain, id }: Instance,
): EndorsementEvidenceRejection | undefined {
  for (const header of [firstUnit, ...lane]) {
    if (header.instance !== id) return { code: "EquivocationInstanceId", instances: [id, header.instance] };
    if (header.creator !== firstUnit.creator) {
      return { code: "EndorsementDifferentCreators", creators: [firstUnit.creator, header.creator] };
    }
  }
  const firstHash = hashHeader(domain, firstUnit);
  if (firstHash !== first.unit) return { code: "EndorsementWrongHash", endorsed: first.unit, computed: firstHash };
  // The endorsement names the head of the lane, every header the next.
  let expected: UnitHash | undefined = second.unit;
  let seq = firstUnit.seq + lane.length - 1;
  for (const header of lane) {
    const hash = hashHeader(domain, header);
    if (header === lane[0] && hash !== expected) {
      return { code: "EndorsementWrongHash", endorsed: second.unit, computed: hash };
    }
    if (hash !== expected || header.seq !== seq) return { code: "EndorsementInvalidSwimlane", seq: header.seq };
    expected = header.prev;
    seq--;
  }
  return lane.length === 0 ? { code: "EndorsementInvalidSwimlane", seq: firstUnit.seq } : undefined;
}

/** `[endorser, unit, signature, unit, signature, header, [header, …]]` */
export function endorsementEvidenceToRlp({ first, second, firstUnit, lane }: EndorsementEvidence): RlpItem[] {
  return [
    numberToBytes(first.endorser),
    hexToBytes(first.unit),
    first.signature,
    hexToBytes(second.unit),
    second.signature,
    headerToRlp(firstUnit),
    lane.map(headerToRlp),
  ];
}

/** Fields of {@link endorsementEvidenceToRlp}: as many as no other evidence has. */
export const ENDORSEMENT_EVIDENCE_FIELDS = 7;

/** @throws {MalformedRlp} */
export function endorsementEvidenceFromRlp(item: RlpItem | undefined): EndorsementEvidence {
  const fields = readList(item, ENDORSEMENT_EVIDENCE_FIELDS);
  const endorser = readIndex(fields[0]);
  const endorsement = (unit: RlpItem | undefined, signature: RlpItem | undefined): Endorsement => ({
    endorser,
    unit: readUnitHash(unit),
    signature: copyOf(readBytes(signature, 65)),
  });
  return {
    kind: "endorsements",
    first: endorsement(fields[1], fields[2]),
    second: endorsement(fields[3], fields[4]),
    firstUnit: headerFromRlp(fields[5]),
    lane: readList(fields[6]).map(headerFromRlp),
  };
}
