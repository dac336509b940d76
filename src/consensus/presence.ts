import { type Timestamp, timestamp } from "../primitives/index.ts";
import type { ValidatorIndex, Weight } from "./committee.ts";
import type { Instance } from "./instance.ts";
import { maximalRoundMs } from "./rounds.ts";

/** Rounds of the longest kind after which a silent validator counts as gone. */
const SILENT_ROUNDS = 3;

/**
 * When each validator was last heard of. Decides nothing but whether this node pauses, so it may differ between nodes.
 *
 * @see KoMaBFT spec 8.1 (pause)
 */
export class Presence {
  readonly #instance: Instance;
  readonly #heardAt: Float64Array;
  readonly #self: ValidatorIndex | undefined;

  constructor(instance: Instance, self: ValidatorIndex | undefined) {
    this.#instance = instance;
    this.#heardAt = new Float64Array(instance.size).fill(Number.NEGATIVE_INFINITY);
    this.#self = self;
  }

  /** Notes a signed message of `index` from time `t`; one from the future counts as now. */
  note(index: ValidatorIndex, t: Timestamp, now: Timestamp): void {
    this.#heardAt[index] = Math.max(this.#heardAt[index] as number, Math.min(t, now));
  }

  lastHeard(index: ValidatorIndex): Timestamp | undefined {
    const at = this.#heardAt[index];
    return at === undefined || at === Number.NEGATIVE_INFINITY ? undefined : timestamp(at);
  }

  isOnline(index: ValidatorIndex, now: Timestamp): boolean {
    if (index === this.#self) return true;
    return now - (this.#heardAt[index] as number) <= SILENT_ROUNDS * maximalRoundMs(this.#instance.params);
  }

  onlineWeight(now: Timestamp): Weight {
    return this.#instance.weights.reduce((sum, weight, i) => (this.isOnline(i, now) ? sum + weight : sum), 0);
  }

  /** At most half of the weight is there: no threshold can make progress, so units would only pile up. */
  isBelowHalf(now: Timestamp): boolean {
    return 2 * this.onlineWeight(now) <= this.#instance.committee.total;
  }
}
