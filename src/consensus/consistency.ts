import type { ValidatorIndex } from "./committee.ts";
import {
  CITED_FAULTY,
  type DagUnit,
  laneAncestor,
  type Observation,
  type Panorama,
  type PanoramaBase,
} from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";

/** In smaller committees comparing everything costs less than looking for a base. */
const LEAST_COMMITTEE = 16;
/** A base that leaves more than one entry in so many to compare saves too little. */
const LEAST_SHARE = 4;

/** A panorama in both of its forms, and whose lanes have to be told apart. */
export interface ComparedPanorama {
  readonly panorama: Panorama;
  readonly cited: Int32Array;
  /** Validators of whom the state holds more than one lane. */
  readonly forked: ReadonlySet<ValidatorIndex>;
}

/**
 * Looks for a base: the own previous unit, or the youngest that is cited. A confirmation cites what the proposal cites, the
 * proposal, and its creator's own last unit, so the proposal is nearly always the base of one.
 */
export function findBase(panorama: Panorama, prev: DagUnit | undefined): PanoramaBase | undefined {
  if (panorama.length < LEAST_COMMITTEE) return undefined;
  let youngest: DagUnit | undefined;
  for (const unit of panorama) if (isCorrect(unit) && (youngest === undefined || unit.t > youngest.t)) youngest = unit;
  return baseOn(youngest, panorama) ?? (prev === youngest ? undefined : baseOn(prev, panorama));
}

function baseOn(unit: DagUnit | undefined, panorama: Panorama): PanoramaBase | undefined {
  if (unit === undefined) return undefined;
  const most = Math.floor(panorama.length / LEAST_SHARE);
  const changed: number[] = [];
  for (let i = 0; i < panorama.length; i++) {
    if (panorama[i] === inclusiveEntry(unit, i)) continue;
    if (changed.length === most) return undefined;
    changed.push(i);
  }
  return { unit, changed: Uint16Array.from(changed) };
}

function inclusiveEntry(unit: DagUnit, i: ValidatorIndex): Observation {
  return i === unit.creator ? unit : unit.panorama[i];
}

/**
 * Rule 11: a panorama is at least that of every unit it cites. Comparing each of n entries with each of n citations is the
 * one part of judging a unit that grows with the square of the committee, so what follows from bases is not compared:
 *
 * - whatever the panorama shares with its own base was compared when the base was judged;
 * - of units with one base, the base is compared once, and of each only its `changed`.
 *
 * @returns the first cited unit of whom something is lost, and whose entry that is; undefined: the rule holds
 * @see KoMaBFT spec 6 (rule 11)
 */
export function inconsistentEntry(
  mine: ComparedPanorama,
  base: PanoramaBase | undefined,
): { readonly index: ValidatorIndex; readonly cited: DagUnit } | undefined {
  if (isConsistent(mine, base)) return undefined;
  // Which comparison failed above depends on the bases; everybody shall name the same one.
  for (const cited of mine.panorama) {
    if (!isCorrect(cited)) continue;
    const index = firstBelow(mine, cited);
    if (index !== undefined) return { index, cited };
  }
  return undefined;
}

function isConsistent(mine: ComparedPanorama, base: PanoramaBase | undefined): boolean {
  const compared = new Set<DagUnit>();
  const isAbove = (unit: DagUnit): boolean => {
    if (compared.has(unit)) return true;
    if (!isAtLeast(mine, unit.creator, unit) || firstBelow(mine, unit) !== undefined) return false;
    compared.add(unit);
    return true;
  };
  const holdsFor = (unit: DagUnit): boolean => {
    if (unit.base === undefined) return firstBelow(mine, unit) === undefined;
    if (!isAbove(unit.base.unit)) return false;
    for (const i of unit.base.changed) if (!entryIsAtLeast(mine, unit, i)) return false;
    return true;
  };
  const { panorama } = mine;
  if (base === undefined) {
    for (const unit of panorama) if (isCorrect(unit) && !holdsFor(unit)) return false;
    return true;
  }
  if (!isAbove(base.unit)) return false;
  for (const i of base.changed) {
    const unit = panorama[i];
    if (isCorrect(unit) && !holdsFor(unit)) return false;
  }
  return true;
}

/** First entry of `mine` that sees less than the unit does. */
function firstBelow(mine: ComparedPanorama, unit: DagUnit): ValidatorIndex | undefined {
  const { cited, forked } = mine;
  if (forked.size === 0) return firstBelowInNumbers(cited, unit.cited);
  for (let i = 0; i < cited.length; i++) if (!entryIsAtLeast(mine, unit, i)) return i;
  return undefined;
}

/** Where nobody has forked, greater numbers see all that smaller ones do. */
function firstBelowInNumbers(cited: Int32Array, seen: Int32Array): ValidatorIndex | undefined {
  for (let i = 0; i < cited.length; i++) {
    const entry = cited[i] as number;
    const earlier = seen[i] as number;
    if (entry !== CITED_FAULTY && (earlier > entry || earlier === CITED_FAULTY)) return i;
  }
  return undefined;
}

/** Is `mine` at `i` at least what the unit has there? Only of a validator that has forked do lanes need comparing. */
function entryIsAtLeast({ panorama, cited, forked }: ComparedPanorama, unit: DagUnit, i: ValidatorIndex): boolean {
  const entry = cited[i] as number;
  if (entry === CITED_FAULTY) return true;
  const seen = unit.cited[i] as number;
  if (seen === CITED_FAULTY || seen > entry) return false;
  if (seen < 0 || !forked.has(i)) return true;
  return laneAncestor(panorama[i] as DagUnit, seen) === unit.panorama[i];
}

/** Is `mine` at the unit's creator at least the unit itself? */
function isAtLeast({ panorama, cited }: ComparedPanorama, creator: ValidatorIndex, unit: DagUnit): boolean {
  const entry = cited[creator] as number;
  if (entry === CITED_FAULTY) return true;
  return entry >= unit.seq && laneAncestor(panorama[creator] as DagUnit, unit.seq) === unit;
}
