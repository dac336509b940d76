import type { ValidatorIndex } from "./committee.ts";

/**
 * Overtaken blocks that are run for one validator at once. Cut off for five rounds, an honest producer has five at most, and
 * three maximal rounds of one second end in a pause.
 */
export const LATE_BURST = 8;
/**
 * More than the one block a round that its slots give a producer: while what it has hidden is worked off its new blocks are
 * overtaken, too, and it would never be done.
 */
export const LATE_PER_ROUND = 2;

/**
 * How many overtaken blocks are run, and for whom: eight at once, and two more in every round. Whoever was cut off for
 * some rounds is back after as many at the latest, and a producer that has hidden the blocks of a whole era gets them run at
 * no more than twice the pace at which it could have shown them.
 */
export class LateBlockBudget {
  readonly #roundMs: number;
  readonly #spent = new Map<ValidatorIndex, { spent: number; at: number }>();

  /** @param roundMs a base round */
  constructor(roundMs: number) {
    this.#roundMs = roundMs;
  }

  /** Takes one execution of a validator's share; false when it has none left now. */
  take(validator: ValidatorIndex, now: number): boolean {
    const before = this.#spent.get(validator) ?? { spent: 0, at: now };
    // Clocks may go back; nothing is given for that, and nothing taken.
    const returned = (LATE_PER_ROUND * Math.max(0, now - before.at)) / this.#roundMs;
    const spent = Math.max(0, before.spent - returned);
    const has = spent <= LATE_BURST - 1;
    this.#spent.set(validator, { spent: has ? spent + 1 : spent, at: Math.max(now, before.at) });
    return has;
  }
}
