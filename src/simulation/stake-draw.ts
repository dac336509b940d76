import type { Prng } from "./prng.ts";
import type { StakeChange } from "./stakes.ts";

/** Of so many validators of the first committee one more joins later, one leaves, and one changes its stake. */
const FOUNDERS_PER_CHANGE = 4;

/** How many validators join during a run. */
export function joinersOf(founders: number): number {
  return Math.max(1, Math.floor(founders / FOUNDERS_PER_CHANGE));
}

/**
 * Who joins, leaves and stakes more or less, and when.
 *
 * @param weights of the founders
 * @param mayLeave founders whose going is nobody's loss to the promises; of four hundred founders at most a hundred leave
 */
export function drawStakes(
  weights: readonly number[],
  mayLeave: readonly number[],
  { from, until }: { readonly from: number; readonly until: number },
  prng: Prng,
): readonly StakeChange[] {
  const count = joinersOf(weights.length);
  const at = () => prng.between(from, until);
  const anyStake = () => prng.pick(weights) ?? 1;
  const joining = Array.from({ length: count }, (_, i) => ({
    at: at(),
    validator: weights.length + i,
    stake: anyStake(),
  }));
  const leaving = mayLeave
    .slice(0, weights.length > 3 ? count : 0)
    .map((validator) => ({ at: at(), validator, stake: 0 }));
  const changing = mayLeave.slice(count, 2 * count).map((validator) => ({ at: at(), validator, stake: anyStake() }));
  return [...joining, ...leaving, ...changing].sort((a, b) => a.at - b.at);
}
