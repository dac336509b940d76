import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { BlockNode } from "./block-tree.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { UnitHash } from "./unit.ts";

/** What a unit says of one validator: a latest unit, that it is faulty, or nothing. */
export type Observation = DagUnit | "faulty" | undefined;

/** One {@link Observation} per validator. */
export type Panorama = readonly Observation[];

/** Entry of `cited` for a validator of whom nothing was seen. */
export const CITED_NONE = -1;
/** Entry of `cited` for a validator seen as faulty. */
export const CITED_FAULTY = -2;

/**
 * An unbroken line of units of one creator, each the predecessor of the next. An honest validator has one; every fork
 * of an equivocator opens another.
 */
export interface Lane {
  /** The creator's index for its first lane, a number from the committee's size on for every other. */
  readonly id: number;
  readonly creator: ValidatorIndex;
  /** The lane this one forked off; undefined when it starts at sequence number 0. */
  readonly parent: Lane | undefined;
  /** Sequence number of the first unit. */
  readonly firstSeq: number;
  readonly units: DagUnit[];
}

/** How a panorama follows from that of one of its entries: as `unit` shows it, that unit included, but for `changed`. */
export interface PanoramaBase {
  readonly unit: DagUnit;
  /** Validators whose entries differ, ascending. */
  readonly changed: Uint16Array;
}

/** A valid unit in the state, with everything that is fixed once it is in. */
export interface DagUnit {
  readonly hash: UnitHash;
  readonly creator: ValidatorIndex;
  readonly seq: number;
  readonly prev: DagUnit | undefined;
  readonly t: Timestamp;
  readonly roundExp: number;
  /** Start of the creator's round that `t` lies in. */
  readonly roundId: Timestamp;
  readonly panorama: Panorama;
  /** Sequence number of each cited unit, -1 for none, -2 for faulty: the panorama for tight loops. */
  readonly cited: Int32Array;
  /** A cited unit whose panorama says nearly the same; undefined: there is none, or the committee is small. */
  readonly base: PanoramaBase | undefined;
  readonly lane: Lane;
  /** Greatest sequence number seen on the first lane of every validator, -1 for none. */
  readonly clock: Int32Array;
  /** The same for the other lanes; undefined while none is seen. */
  readonly forkClock: ReadonlyMap<number, number> | undefined;
  /** The block this unit proposes. */
  readonly block: BlockNode | undefined;
  /** Its own block, else the fork choice of its panorama; undefined: the key block. */
  readonly vote: BlockNode | undefined;
  /** Endorsed units that it claims to see. */
  readonly endorsed: readonly DagUnit[];
  readonly bodyHash: Hash;
  readonly panoramaRoot: Hash;
  readonly signature: Bytes;
  /** Position in the order of insertion: citations always come before. */
  readonly position: number;
}

/** True when `later` reaches `earlier` through citations; false for a unit and itself. */
export function sees(later: DagUnit, earlier: DagUnit): boolean {
  const lane = earlier.lane.id;
  const seen = lane < later.clock.length ? later.clock[lane] : later.forkClock?.get(lane);
  return seen !== undefined && seen >= earlier.seq;
}

/** The unit number `seq` on the way from the creator's first unit to `unit`; undefined above `unit`. */
export function laneAncestor(unit: DagUnit, seq: number): DagUnit | undefined {
  if (seq > unit.seq || seq < 0) return undefined;
  let lane: Lane | undefined = unit.lane;
  while (lane !== undefined && seq < lane.firstSeq) lane = lane.parent;
  return lane?.units[seq - lane.firstSeq];
}

/** True when `later` is `earlier` or continues its lane. */
export function continuesLane(later: DagUnit, earlier: DagUnit): boolean {
  return later.creator === earlier.creator && laneAncestor(later, earlier.seq) === earlier;
}

/**
 * The units that skip pointers of a unit lead to: s − 2^j for every 2^j that divides its sequence number s. Lanes are
 * arrays, so nothing here needs the pointers; they are answered for those who study or compare a state.
 */
export function skipIndex(unit: DagUnit): readonly DagUnit[] {
  const pointers: DagUnit[] = [];
  for (let step = 1; step <= unit.seq && unit.seq % step === 0; step *= 2) {
    const earlier = laneAncestor(unit, unit.seq - step);
    if (earlier !== undefined) pointers.push(earlier);
  }
  return pointers;
}
