import { type Instance, thresholdFromFraction } from "../consensus/index.ts";
import { type Conflict, conflictingFinals } from "./conflicting-finals.ts";
import type { Final, SimulatedNode } from "./simulated-node.ts";
import type { Simulation } from "./simulation.ts";

/** Two competing blocks that were called final, and what that took. */
export interface SafetyVerdict {
  readonly safe: boolean;
  /** Weight of those who lied provably, in the era in which it was most. */
  readonly equivocating: number;
  /** Competing finals by height; `threshold` is the smaller of the two they were final at, in weight of their era. */
  readonly conflicts: readonly { readonly height: number; readonly threshold: number }[];
}

/** Theorem 1 in its general form: competing finals at t1 and t2 take more than min(t1, t2) of equivocating weight. */
export function judgeSafety(simulation: Simulation): SafetyVerdict {
  const conflicts = conflictingFinals(simulation);
  const liars = simulation.instances.map((instance) => lyingWeight(simulation, instance));
  return {
    safe: conflicts.every((conflict) => !isBroken(simulation, conflict)),
    equivocating: Math.max(0, ...liars),
    conflicts: conflicts.map(({ height, threshold }) => ({ height, threshold })),
  };
}

/** True for competing finals that too little weight has lied for. */
export function isBroken(simulation: Simulation, { instance, threshold }: Conflict): boolean {
  const found = simulation.instances.find(({ id }) => id === instance);
  return found === undefined || lyingWeight(simulation, found) <= threshold;
}

/**
 * Weight of those who signed two units with one number, or were proven guilty of something else, in an era or in the one
 * before: evidence that comes late counts one era later.
 */
export function lyingWeight(simulation: Simulation, { era, weights, committee }: Instance): number {
  const eras = simulation.instances.filter((instance) => instance.era === era || instance.era === era - 1);
  const liars = new Set(eras.flatMap(({ id }) => [...simulation.equivocatorsIn(id)]));
  for (const { accused, instance } of simulation.nodes.flatMap(({ reported }) => reported)) {
    const signer = eras.includes(instance) ? instance.committee.validators[accused]?.signer : undefined;
    const number = signer && simulation.numberOf(signer);
    if (number !== undefined) liars.add(number);
  }
  return [...liars].reduce((sum, number) => {
    const index = committee.validators.findIndex(({ signer }) => simulation.numberOf(signer) === number);
    return sum + (weights[index] ?? 0);
  }, 0);
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
 * True when at least one block of the time after `since` became final at a share of the weight at every honest validator.
 *
 * @param since virtual time after which blocks count
 * @param honest names of the nodes that have to make progress
 */
export function isLive(simulation: Simulation, fraction: number, since: number, honest: readonly string[]): boolean {
  return honest.every((name) => finalsOf(simulation.node(name), fraction).some(({ block }) => block.t >= since));
}

/** What a node called final at a share of the weight, in all eras. */
export function finalsOf({ finals }: SimulatedNode, fraction: number): readonly Final[] {
  return finals.filter(
    ({ threshold, instance }) => threshold === thresholdFromFraction(fraction, instance.committee.total),
  );
}
