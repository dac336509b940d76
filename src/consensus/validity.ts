import {
  type Address,
  accept,
  type Branded,
  type Check,
  type Hash,
  hexToBytes,
  reject,
  type Timestamp,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import { findBase, inconsistentEntry } from "./consistency.ts";
import type { Dag, ResolvedUnit, ValidUnit } from "./dag.ts";
import type { DagUnit, Observation, Panorama } from "./dag-unit.ts";
import { isSeenThrough } from "./endorsements.ts";
import { forkChoice } from "./fork-choice.ts";
import type { Instance } from "./instance.ts";
import { leaderOf } from "./leader.ts";
import { citedNumbers, isCorrect, panoramaRoot } from "./panorama.ts";
import { roundIdOf, roundLengthMs } from "./rounds.ts";
import type { JudgedPanorama } from "./shared-panoramas.ts";
import { SEEN_FAULTY, SEEN_NOTHING, type SignedUnit, type UnitHash, type WireUnit } from "./unit.ts";

/** Its creator signed it, and what it says without the hashes of its panorama breaks no rule. */
export type SoundUnit = Branded<SignedUnit, "SoundUnit">;

/** Its own content is sound: creator, signature, the hashes it cites, and everything else that needs no other unit. */
export type CheckedUnit = Branded<SignedUnit, "CheckedUnit">;

/** Why a unit is not valid; the numbers are those of KoMaBFT spec 6. */
export type UnitRejection =
  /* 1 */
  | { readonly code: "Creator"; readonly creator: ValidatorIndex }
  /* 2 */
  | { readonly code: "InstanceId"; readonly instance: Hash }
  /* 3 */
  | { readonly code: "Signature"; readonly expected: Address; readonly recovered: Address | undefined }
  /* 4 */
  | { readonly code: "Banned"; readonly creator: ValidatorIndex }
  /* 5 */
  | { readonly code: "RoundLengthGreaterThanMaximum"; readonly roundExp: number; readonly maximum: number }
  /* 6 */
  | { readonly code: "PanoramaLength"; readonly expected: number; readonly found: number }
  /* 7 */
  | { readonly code: "FaultyCreator"; readonly creator: ValidatorIndex }
  /* 8 */
  | { readonly code: "MissingBlock" }
  /* 9 */
  | { readonly code: "PrevMismatch"; readonly prev: UnitHash | undefined; readonly entry: UnitHash | undefined }
  /* the transport's list of hashes does not fit the signed root */
  | { readonly code: "PanoramaHashes"; readonly expected: number; readonly found: number }
  | { readonly code: "PanoramaRoot"; readonly signed: Hash; readonly computed: Hash }
  /* 10 */
  | { readonly code: "PanoramaIndex"; readonly index: ValidatorIndex }
  /* 11 */
  | { readonly code: "InconsistentPanorama"; readonly index: ValidatorIndex; readonly cited: UnitHash }
  /* 12 */
  | { readonly code: "Timestamps"; readonly unitTime: Timestamp; readonly citedTime: Timestamp }
  /* 13 */
  | { readonly code: "SequenceNumber"; readonly expected: number; readonly found: number }
  /* 14 */
  | { readonly code: "RoundLengthChangedWithinRound"; readonly previous: number; readonly found: number }
  /* 15 */
  | { readonly code: "ThreeUnitsInRound"; readonly roundId: Timestamp }
  /* 16 */
  | { readonly code: "NonLeaderBlock"; readonly leader: ValidatorIndex; readonly t: Timestamp }
  /* 17 */
  | { readonly code: "ValueAfterTerminalBlock"; readonly parent: UnitHash }
  /* 18; EndorsedButUnseen also where endorsements are off */
  | { readonly code: "EndorsementsNotMonotonic"; readonly cited: UnitHash; readonly endorsed: UnitHash }
  | { readonly code: "EndorsedButUnseen"; readonly endorsed: UnitHash }
  | { readonly code: "LncNaiveCitation"; readonly index: ValidatorIndex }
  /* 19 */
  | { readonly code: "InvalidBlock"; readonly block: UnitHash }
  /* a payload that is not what the unit committed to */
  | { readonly code: "PayloadMismatch"; readonly block: UnitHash }
  | { readonly code: "PayloadTooLarge"; readonly bytes: number; readonly limit: number }
  /* it cites a unit that is invalid */
  | { readonly code: "InvalidCitation"; readonly cited: UnitHash };

/**
 * Rules 1–9: what a unit's own bytes say. Needs no other unit, so it stands before any forwarding or asking.
 *
 * @returns the unit with its hash, or the first rule it breaks
 */
export function checkContent(wire: WireUnit, instance: Instance): Check<CheckedUnit, UnitRejection> {
  const validator = instance.committee.validators[wire.creator];
  if (validator === undefined) return reject({ code: "Creator", creator: wire.creator });
  if (wire.instance !== instance.id) return reject({ code: "InstanceId", instance: wire.instance });
  return checkIdentified(instance.checks.identify(instance.domain, wire), instance, validator.signer);
}

/** {@link checkContent} for a unit whose hash is computed already and whose creator and instance are known. */
export function checkIdentified(
  unit: SignedUnit,
  instance: Instance,
  signer: Address,
): Check<CheckedUnit, UnitRejection> {
  const sound = checkSound(unit, instance, signer);
  return sound.ok ? checkHashes(sound.value) : sound;
}

/** What a unit can be asked while the hashes of its panorama are not known: all of rules 1–9 but what compares hashes. */
export function checkSound(unit: SignedUnit, instance: Instance, signer: Address): Check<SoundUnit, UnitRejection> {
  const recovered = instance.checks.recover(hexToBytes(unit.hash), unit.signature);
  if (recovered !== signer) return reject({ code: "Signature", expected: signer, recovered });
  if (instance.banned.has(unit.creator)) return reject({ code: "Banned", creator: unit.creator });
  const broken = brokenBodyRule(unit, instance);
  return broken === undefined ? accept(unit as SoundUnit) : reject(broken);
}

/**
 * The rest of rules 1–9: a hash for every entry that cites, the own predecessor among them, and all of them below the root.
 *
 * @param root over the observations and these hashes, where it is computed already
 */
export function checkHashes(
  unit: SoundUnit,
  hashes: readonly UnitHash[] = unit.hashes,
  root?: Hash,
): Check<CheckedUnit, UnitRejection> {
  const { observations, panoramaRoot: signed } = unit.body;
  let correct = 0;
  let ownEntry: UnitHash | undefined;
  for (let i = 0; i < observations.length; i++) {
    if ((observations[i] as number) <= SEEN_FAULTY) continue;
    if (i === unit.creator) ownEntry = hashes[correct];
    correct++;
  }
  if (hashes.length !== correct) return reject({ code: "PanoramaHashes", expected: correct, found: hashes.length });
  if (ownEntry !== unit.prev) return reject({ code: "PrevMismatch", prev: unit.prev, entry: ownEntry });
  const computed = root ?? panoramaRoot(observations, hashes);
  if (computed !== signed) return reject({ code: "PanoramaRoot", signed, computed });
  const whole: SignedUnit = hashes === unit.hashes ? unit : { ...unit, hashes };
  return accept(whole as CheckedUnit);
}

function brokenBodyRule(unit: SignedUnit, instance: Instance): UnitRejection | undefined {
  const { body } = unit;
  const { maxRoundExp } = instance.params;
  // Before anything computes 2^roundExp.
  if (body.roundExp > maxRoundExp) {
    return { code: "RoundLengthGreaterThanMaximum", roundExp: body.roundExp, maximum: maxRoundExp };
  }
  if (body.observations.length !== instance.size) {
    return { code: "PanoramaLength", expected: instance.size, found: body.observations.length };
  }
  if (body.observations[unit.creator] === SEEN_FAULTY) return { code: "FaultyCreator", creator: unit.creator };
  if (body.blockHash === undefined && body.observations.every((seen) => seen <= SEEN_FAULTY)) {
    return { code: "MissingBlock" };
  }
  // Which unit it is the hashes say; whether there is one, everybody can see.
  if ((body.observations[unit.creator] === SEEN_NOTHING) !== (unit.prev === undefined)) {
    return { code: "PrevMismatch", prev: unit.prev, entry: undefined };
  }
  const [endorsed] = body.endorsed;
  if (endorsed !== undefined && !instance.params.lnc) return { code: "EndorsedButUnseen", endorsed };
  return undefined;
}

/** What must be in the state before a unit can be judged. */
export interface MissingDependencies {
  readonly units: readonly { readonly hash: UnitHash; readonly creator: ValidatorIndex; readonly seq: number }[];
  /** Validators cited as faulty against whom no evidence is known here. */
  readonly evidence: readonly ValidatorIndex[];
  /** Units claimed to be endorsed whose endorsements do not weigh enough here. */
  readonly endorsements: readonly UnitHash[];
}

export function missingDependencies(unit: CheckedUnit, dag: Dag): MissingDependencies {
  const units: { hash: UnitHash; creator: ValidatorIndex; seq: number }[] = [];
  const evidence: ValidatorIndex[] = [];
  // A panorama that was judged has nothing missing, now and ever.
  if (dag.shared.judgementOf(unit.body) === undefined) {
    let next = 0;
    unit.body.observations.forEach((seen, i) => {
      if (seen === SEEN_FAULTY) {
        if (!dag.isFaulty(i)) evidence.push(i);
      } else if (seen !== SEEN_NOTHING) {
        const hash = unit.hashes[next++] as UnitHash;
        if (dag.unitAt(i, seen - 2, hash) === undefined) units.push({ hash, creator: i, seq: seen - 2 });
      }
    });
  }
  // A claimed unit that is not here although everything cited is cannot be seen: rule 18 will say so.
  const endorsements = unit.body.endorsed.filter(
    (hash) => dag.unit(hash) !== undefined && !dag.endorsements.isEndorsed(hash),
  );
  return { units, evidence, endorsements };
}

/**
 * Rules 10–18, on a unit whose dependencies are all in the state. A function of the unit's downset alone: what else the
 * state holds, and when it arrived, changes nothing.
 */
export function checkCitations(unit: CheckedUnit, dag: Dag): Check<ValidUnit, UnitRejection> {
  const judgement = judgePanorama(unit, dag);
  if (!judgement.ok) return judgement;
  const { panorama, cited, choice, base, youngest, hasClaims } = judgement.value;
  const own = panorama[unit.creator];
  const prev = isCorrect(own) ? own : undefined;
  const endorsed = resolveClaims(unit, panorama, dag);
  const resolved: ResolvedUnit = { unit, panorama, cited, prev, choice, endorsed, base };
  const broken =
    brokenTimeRule(resolved, youngest, dag.instance) ??
    brokenBlockRule(resolved, dag.instance) ??
    brokenEndorsementRule(resolved, hasClaims, dag);
  return broken === undefined ? accept(resolved as ValidUnit) : reject(broken);
}

/** Rules 10 and 11, and what else follows from a panorama alone: once for all units that share it. */
function judgePanorama(unit: CheckedUnit, dag: Dag): Check<JudgedPanorama, UnitRejection> {
  const known = dag.shared.judgementOf(unit.body);
  if (known !== undefined) return accept(known);
  const panorama = resolvePanorama(unit, dag);
  const misplaced = brokenIndexRule(unit, panorama);
  if (misplaced !== undefined) return reject(misplaced);
  const own = panorama[unit.creator];
  const base = findBase(panorama, isCorrect(own) ? own : undefined);
  const cited = citedNumbers(panorama);
  const lost = inconsistentEntry({ panorama, cited, forked: dag.forked }, base);
  if (lost !== undefined) return reject({ code: "InconsistentPanorama", index: lost.index, cited: lost.cited.hash });
  let youngest = Number.NEGATIVE_INFINITY;
  let hasClaims = false;
  let correct = 0;
  for (const each of panorama) {
    if (!isCorrect(each)) continue;
    correct++;
    youngest = Math.max(youngest, each.t);
    hasClaims ||= each.endorsed.length > 0;
  }
  const choice = forkChoice(panorama, dag.instance.weights);
  const judged: JudgedPanorama = { panorama, cited, choice, base, youngest, hasClaims };
  // Only what is known in full is true of everybody's.
  if (correct === unit.hashes.length) dag.shared.keep(unit, judged);
  return accept(judged);
}

function resolvePanorama(unit: CheckedUnit, dag: Dag): Panorama {
  let next = 0;
  return unit.body.observations.map((seen, i): Observation => {
    if (seen === SEEN_NOTHING) return undefined;
    return seen === SEEN_FAULTY ? "faulty" : dag.unitAt(i, seen - 2, unit.hashes[next++] as UnitHash);
  });
}

const NO_CLAIMS: readonly DagUnit[] = [];

/** Once there are claims most units repeat those of a unit they cite: they share its list, and what was computed of it. */
function resolveClaims(unit: CheckedUnit, panorama: Panorama, dag: Dag): readonly DagUnit[] {
  const hashes = unit.body.endorsed;
  if (hashes.length === 0) return NO_CLAIMS;
  const claimed = hashes.map((hash) => dag.unit(hash)).filter((each) => each !== undefined);
  for (const cited of panorama) {
    if (!isCorrect(cited) || cited.endorsed.length !== claimed.length) continue;
    if (claimed.every((each, i) => each === cited.endorsed[i])) return cited.endorsed;
  }
  return claimed;
}

function brokenIndexRule(unit: CheckedUnit, panorama: Panorama): UnitRejection | undefined {
  for (let i = 0; i < panorama.length; i++) {
    const cited = panorama[i];
    if (!isCorrect(cited)) continue;
    if (cited.creator !== i || cited.seq !== (unit.body.observations[i] as number) - 2) {
      return { code: "PanoramaIndex", index: i };
    }
  }
  return undefined;
}

function brokenTimeRule(
  { unit, panorama, prev }: ResolvedUnit,
  youngest: number,
  instance: Instance,
): UnitRejection | undefined {
  const { params } = instance;
  const { t, roundExp } = unit.body;
  if (youngest > t) {
    const younger = panorama.find((cited): cited is DagUnit => isCorrect(cited) && cited.t > t);
    if (younger !== undefined) return { code: "Timestamps", unitTime: t, citedTime: younger.t };
  }
  if (t < instance.eraStart) return { code: "Timestamps", unitTime: t, citedTime: instance.eraStart };
  const expected = prev === undefined ? 0 : prev.seq + 1;
  if (unit.seq !== expected) return { code: "SequenceNumber", expected, found: unit.seq };
  if (prev !== undefined && prev.roundExp !== roundExp) {
    const longer = roundLengthMs(params, Math.max(prev.roundExp, roundExp));
    if (Math.floor(prev.t / longer) === Math.floor(t / longer)) {
      return { code: "RoundLengthChangedWithinRound", previous: prev.roundExp, found: roundExp };
    }
  }
  const roundId = roundIdOf(params, t, roundExp);
  if (prev?.prev?.roundId === roundId) return { code: "ThreeUnitsInRound", roundId };
  return undefined;
}

function brokenBlockRule({ unit, prev, choice }: ResolvedUnit, instance: Instance): UnitRejection | undefined {
  const { body, creator } = unit;
  if (body.blockHash === undefined) return undefined;
  const roundId = roundIdOf(instance.params, body.t, body.roundExp);
  const leader = leaderOf(instance, roundId, choice);
  if (body.t !== roundId || prev?.roundId === roundId || leader !== creator) {
    return { code: "NonLeaderBlock", leader, t: body.t };
  }
  // One block per slot and branch, so that timestamps of the chain can grow.
  if (choice !== undefined && choice.t >= body.t) return { code: "Timestamps", unitTime: body.t, citedTime: choice.t };
  if (choice?.terminal) return { code: "ValueAfterTerminalBlock", parent: choice.unit };
  return undefined;
}

/**
 * Rule 18. Claims never shrink: what a cited unit claims is claimed again or seen by a claim, which says the same of what
 * may be cited and keeps units small.
 */
function brokenEndorsementRule(resolved: ResolvedUnit, hasClaims: boolean, dag: Dag): UnitRejection | undefined {
  const { unit, panorama, endorsed } = resolved;
  if (!dag.instance.params.lnc) return undefined;
  const covered = dag.naivety.coverageOf(endorsed);
  for (const cited of hasClaims ? panorama : []) {
    if (!isCorrect(cited) || cited.endorsed === endorsed) continue;
    const lost = cited.endorsed.find((claimed) => !covered.has(claimed));
    if (lost !== undefined) return { code: "EndorsementsNotMonotonic", cited: cited.hash, endorsed: lost.hash };
  }
  for (const hash of unit.body.endorsed) {
    const claimed = dag.unit(hash);
    if (claimed === undefined || !isSeenThrough(panorama, claimed))
      return { code: "EndorsedButUnseen", endorsed: hash };
  }
  const index = dag.naivety.violation(resolved);
  return index === undefined ? undefined : { code: "LncNaiveCitation", index };
}
