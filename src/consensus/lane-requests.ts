import type { Timestamp } from "../primitives/index.ts";
import type { Place } from "./compact-unit.ts";
import { MAX_LANE_UNITS } from "./messages.ts";

/** So long an answer may take before what it was to bring counts as missing again. */
const PATIENCE_MS = 300;

/** Units `from` … `to` of one validator, both included. */
export interface LaneRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Which stretches of lanes were asked for a moment ago. Somebody who was away lacks hundreds of units, all of them cited by
 * those that come: asked for one by one they would come once per question, and each would cite the next.
 *
 * @see KoMaBFT spec 15 (GetLane)
 */
export class LaneRequests {
  readonly #asked = new Map<number, LaneRange & { readonly at: Timestamp }>();

  /** Units of one validator were asked for. */
  note(creator: number, range: LaneRange, at: Timestamp): void {
    this.#asked.set(creator, { ...range, at });
  }

  /** True while the answer that is to bring this unit may still come. */
  isUnderWay({ creator, seq }: Place, now: Timestamp): boolean {
    const asked = this.#underWay(creator, now);
    return asked !== undefined && asked.from <= seq && seq <= asked.to;
  }

  /**
   * The stretch to ask for with a unit that is missing: what is missing below it too, and not under way; undefined where it is
   * the only one.
   *
   * @param next number of the first unit of the lane that is missing
   */
  missingStretch({ creator, seq }: Place, next: number, now: Timestamp): LaneRange | undefined {
    const asked = this.#underWay(creator, now);
    const from = asked !== undefined && asked.from <= next && asked.to < seq ? Math.max(next, asked.to + 1) : next;
    return seq > from ? { from, to: Math.min(seq, from + MAX_LANE_UNITS - 1) } : undefined;
  }

  #underWay(creator: number, now: Timestamp): LaneRange | undefined {
    const asked = this.#asked.get(creator);
    return asked !== undefined && now - asked.at < PATIENCE_MS ? asked : undefined;
  }
}

/** True when more of a lane is missing below a unit than one answer brings: then states are compared, from below. */
export function isFarAhead({ seq }: Place, next: number): boolean {
  return seq - next >= MAX_LANE_UNITS;
}
