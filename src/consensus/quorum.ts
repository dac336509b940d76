import type { Weight } from "./committee.ts";

/**
 * Smallest quorum at which a summit of `level` makes a block final at `threshold`.
 *
 * Solves (2q − total)(1 − 2^−level) > threshold for the least q; strictly greater, so the answer is never too weak.
 * Everything stays below 2^53: weights sum to about 10^6 and levels end at 20.
 *
 * @param level     number of nested quorums, ≥ 1
 * @param threshold weight that may equivocate, 0 ≤ threshold < total
 * @param total     weight of the whole committee
 * @see KoMaBFT spec 12.2 (qMin); white paper 2.4, theorem 1; casper-node's finality detector uses ≥ instead of >
 *
 * @example
 * requiredQuorum(1, 3, 10) // 9: at level one, a quorum of 9 of 10 gives 4 > 3
 */
export function requiredQuorum(level: number, threshold: Weight, total: Weight): Weight {
  const scale = 2 ** level;
  return Math.floor(((scale - 1) * total + scale * threshold) / (2 * (scale - 1))) + 1;
}

/** How much weight must equivocate to undo a summit: an exact fraction in lowest terms. */
export interface Strength {
  readonly numerator: number;
  readonly denominator: number;
}

/** X(q, k) = (2q − total)(1 − 2^−k), the strength of a (q, k)-summit (KoMaBFT spec 12.2). */
export function strengthOf(quorum: Weight, level: number, total: Weight): Strength {
  let numerator = (2 * quorum - total) * (2 ** level - 1);
  let denominator = 2 ** level;
  while (denominator > 1 && numerator % 2 === 0) {
    numerator /= 2;
    denominator /= 2;
  }
  return { numerator, denominator };
}

/** True when `a` is the greater; exact, since both products stay below 2^53 · 2^20 only for bigint. */
export function isStronger(a: Strength, b: Strength): boolean {
  return BigInt(a.numerator) * BigInt(b.denominator) > BigInt(b.numerator) * BigInt(a.denominator);
}

/**
 * Weight that may equivocate when "at least the share `fraction` of all weight must equivocate to undo it":
 * ceil(fraction · total) − 1. One third gives the greatest threshold that stays live.
 *
 * @param fraction above 0, at most 1
 * @see KoMaBFT spec 12.2 (thresholds from fractions)
 */
export function thresholdFromFraction(fraction: number, total: Weight): Weight {
  // 1/3 is not a number of the machine: without the tolerance a third of a multiple of 3 could round up.
  return Math.max(0, Math.ceil(fraction * total - 1e-7) - 1);
}
