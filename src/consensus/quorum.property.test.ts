import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requiredQuorum, strengthOf, thresholdFromFraction } from "./quorum.ts";

const weight = fc.integer({ min: 1, max: 1_000_150 });
const level = fc.integer({ min: 1, max: 20 });

/** 2^level · ((2q − total)(1 − 2^−level) − threshold) > 0, in integers of any size. */
function suffices(quorum: number, k: number, threshold: number, total: number): boolean {
  const scale = 1n << BigInt(k);
  return (2n * BigInt(quorum) - BigInt(total)) * (scale - 1n) > BigInt(threshold) * scale;
}

describe("requiredQuorum", () => {
  test("I-14 is the least quorum that suffices", () => {
    fc.assert(
      fc.property(weight, fc.nat(), level, (total, pick, k) => {
        const threshold = pick % total;
        const quorum = requiredQuorum(k, threshold, total);
        expect(suffices(quorum, k, threshold, total)).toBe(true);
        expect(suffices(quorum - 1, k, threshold, total)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("I-14 falls with the level and rises with the threshold", () => {
    fc.assert(
      fc.property(weight, fc.nat(), level, (total, pick, k) => {
        const threshold = pick % total;
        expect(requiredQuorum(k + 1, threshold, total)).toBeLessThanOrEqual(requiredQuorum(k, threshold, total));
        expect(requiredQuorum(k, threshold + 1, total)).toBeGreaterThanOrEqual(requiredQuorum(k, threshold, total));
      }),
      { numRuns: 500 },
    );
  });

  // The share of the weight that has to take part, of a large committee (KoMaBFT spec 12.2).
  test.each([
    { alpha: 0.01, shares: [0.51, 0.507, 0.506, 0.505, 0.505] },
    { alpha: 1 / 3, shares: [0.833, 0.722, 0.69, 0.678, 0.672] },
    { alpha: 1 / 2, shares: [1, 0.833, 0.786, 0.767, 0.758] },
    { alpha: 2 / 3, shares: [undefined, 0.944, 0.881, 0.856, 0.844] },
    { alpha: 0.8, shares: [undefined, undefined, 0.957, 0.927, 0.913] },
    { alpha: 0.9, shares: [undefined, undefined, undefined, 0.98, 0.965] },
  ])("needs the shares of the table for confidence $alpha", ({ alpha, shares }) => {
    const total = 1_000_000;
    const threshold = thresholdFromFraction(alpha, total);
    shares.forEach((share, i) => {
      const quorum = requiredQuorum(i + 1, threshold, total);
      if (share === undefined) expect(quorum).toBeGreaterThan(total);
      else expect(Math.abs(quorum / total - share)).toBeLessThan(0.0006);
    });
  });
});

describe("thresholds from fractions", () => {
  test.each([
    { fraction: 1 / 3, total: 3, t: 0 },
    { fraction: 1 / 3, total: 4, t: 1 },
    { fraction: 1 / 3, total: 7, t: 2 },
    { fraction: 1 / 3, total: 999_999, t: 333_332 },
    { fraction: 1 / 3, total: 1_000_000, t: 333_333 },
    { fraction: 0.8, total: 100, t: 79 },
    { fraction: 0.1, total: 10, t: 0 },
    { fraction: 0.0001, total: 100, t: 0 },
  ])("$fraction of $total lets $t equivocate", ({ fraction, total, t }) => {
    expect(thresholdFromFraction(fraction, total)).toBe(t);
  });

  test("a third never leaves the range in which the chain stays live", () => {
    fc.assert(
      fc.property(weight, (total) => {
        const t = thresholdFromFraction(1 / 3, total);
        expect(3 * t < total && 3 * (t + 1) >= total).toBe(true);
      }),
    );
  });
});

test("strength is an exact fraction in lowest terms", () => {
  expect(strengthOf(9, 1, 10)).toEqual({ numerator: 4, denominator: 1 });
  expect(strengthOf(5, 1, 7)).toEqual({ numerator: 3, denominator: 2 });
  expect(strengthOf(9, 4, 10)).toEqual({ numerator: 15, denominator: 2 });
});
