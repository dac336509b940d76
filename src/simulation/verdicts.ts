import { conflictingFinals } from "./conflicting-finals.ts";
import type { Simulation } from "./simulation.ts";

/** Two competing blocks that were called final, and what that took. */
export interface SafetyVerdict {
  readonly safe: boolean;
  /** Weight of the validators who signed two units with one number. */
  readonly equivocating: number;
  /** Competing finals by height; `threshold` is the smaller of the two they were final at. */
  readonly conflicts: readonly { readonly height: number; readonly threshold: number }[];
}

/** Theorem 1 in its general form: competing finals at t1 and t2 take more than min(t1, t2) of equivocating weight. */
export function judgeSafety(simulation: Simulation): SafetyVerdict {
  const { weights } = simulation.instance;
  const equivocating = [...simulation.equivocators()].reduce((sum, index) => sum + (weights[index] as number), 0);
  const conflicts = conflictingFinals(simulation);
  return { safe: conflicts.every(({ threshold }) => equivocating > threshold), equivocating, conflicts };
}

/** True when the second theorem promises growth at `threshold`: weights, not heads (KoMaBFT spec 1). */
export function isLivenessPromised(
  threshold: number,
  weights: { readonly total: number; readonly byzantine: number; readonly crashed: number },
): boolean {
  const { total, byzantine, crashed } = weights;
  return 3 * threshold < total && byzantine <= threshold && 2 * crashed < total - 3 * threshold;
}

/**
 * True when at least one block of the time after `since` became final at `threshold` at every honest validator.
 *
 * @param since virtual time after which blocks count
 * @param honest names of the nodes that have to make progress
 */
export function isLive(simulation: Simulation, threshold: number, since: number, honest: readonly string[]): boolean {
  return honest.every((name) => {
    const blocks = simulation.node(name).finalsAt(threshold);
    return blocks.some(({ block }) => block.t >= since);
  });
}
