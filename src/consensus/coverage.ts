import type { DagUnit } from "./dag-unit.ts";

/**
 * The union of the downsets of some units, those units included: per lane the greatest sequence number in it. Asking
 * whether a unit is inside costs one look-up, however many units there are.
 */
export class Coverage {
  readonly #lanes = new Map<number, number>();

  constructor(units: Iterable<DagUnit>) {
    for (const unit of units) this.add(unit);
  }

  add(unit: DagUnit): void {
    unit.clock.forEach((seq, lane) => {
      if (seq >= 0) this.#raise(lane, seq);
    });
    for (const [lane, seq] of unit.forkClock ?? []) this.#raise(lane, seq);
    this.#raise(unit.lane.id, unit.seq);
  }

  has(unit: DagUnit): boolean {
    return (this.#lanes.get(unit.lane.id) ?? -1) >= unit.seq;
  }

  #raise(lane: number, seq: number): void {
    if (seq > (this.#lanes.get(lane) ?? -1)) this.#lanes.set(lane, seq);
  }
}

/** Those of the units that no other of them sees; together they cover the same, and there are at most a few per creator. */
export function topmost(units: Iterable<DagUnit>): readonly DagUnit[] {
  const covered = new Coverage([]);
  const top: DagUnit[] = [];
  // Whoever sees a unit came later into the state.
  for (const unit of [...units].sort((a, b) => b.position - a.position)) {
    if (covered.has(unit)) continue;
    covered.add(unit);
    top.push(unit);
  }
  return top;
}
