import type { ValidatorIndex } from "./committee.ts";
import type { DagUnit, Panorama } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";

export interface LaneClock {
  readonly clock: Int32Array;
  readonly forkClock: ReadonlyMap<number, number> | undefined;
}

/**
 * Greatest sequence number seen on every lane by a unit with this panorama: the pointwise maximum over the units it
 * cites and their clocks. It makes `sees` one comparison.
 *
 * @param cited  the panorama as numbers; becomes the clock itself while nobody has forked
 * @param forked validators with more than one lane in the state
 * @see KoMaBFT spec 5 (lanes)
 */
export function mergeClocks(panorama: Panorama, cited: Int32Array, forked: ReadonlySet<ValidatorIndex>): LaneClock {
  // One lane each and nobody seen as faulty: the entry is the greatest number seen, and no second array is needed.
  if (forked.size === 0 && !panorama.includes("faulty")) return { clock: cited, forkClock: undefined };
  const clock = new Int32Array(panorama.length).fill(-1);
  const forkClock = new Map<number, number>();
  for (const unit of panorama) {
    if (!isCorrect(unit)) continue;
    raise(clock, unit.clock);
    for (const [lane, seq] of unit.forkClock ?? []) raiseLane(clock, forkClock, lane, seq);
    raiseUnit(clock, forkClock, unit);
  }
  return { clock, forkClock: forkClock.size === 0 ? undefined : forkClock };
}

function raise(clock: Int32Array, other: Int32Array): void {
  for (let i = 0; i < clock.length; i++) {
    if ((other[i] as number) > (clock[i] as number)) clock[i] = other[i] as number;
  }
}

function raiseUnit(clock: Int32Array, forkClock: Map<number, number>, unit: DagUnit): void {
  raiseLane(clock, forkClock, unit.lane.id, unit.seq);
}

function raiseLane(clock: Int32Array, forkClock: Map<number, number>, lane: number, seq: number): void {
  if (lane < clock.length) {
    if (seq > (clock[lane] as number)) clock[lane] = seq;
  } else if (seq > (forkClock.get(lane) ?? -1)) {
    forkClock.set(lane, seq);
  }
}
