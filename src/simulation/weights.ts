import { BugError } from "../errors.ts";

/** Shares in proportion to 1 / rank: the first of a hundred holds as much as the last fifty or so together. */
const PARETO_TOTAL = 1_000_000;

export type WeightPlan = "equal" | "pareto" | readonly number[];

/** Weights of `count` validators, largest first where they differ. */
export function planWeights(plan: WeightPlan, count: number): readonly number[] {
  if (plan === "equal") return new Array<number>(count).fill(1);
  if (plan === "pareto") {
    const harmonic = Array.from({ length: count }, (_, i) => 1 / (i + 1)).reduce((sum, share) => sum + share, 0);
    return Array.from({ length: count }, (_, i) => Math.max(1, Math.round(PARETO_TOTAL / (i + 1) / harmonic)));
  }
  if (plan.length !== count) throw new BugError(`${plan.length} weights for ${count} validators`);
  return plan;
}

/** A plan as a person writes it: `equal`, `pareto`, or a whole number for each with commas; undefined: none of these. */
export function parseWeights(text: string, count: number): WeightPlan | undefined {
  if (text === "equal" || text === "pareto") return text;
  const weights = text.split(",").map((word) => (/^[0-9]{1,7}$/.test(word) ? Number(word) : 0));
  return weights.length === count && weights.every((weight) => weight >= 1 && weight <= 1_000_000)
    ? weights
    : undefined;
}
