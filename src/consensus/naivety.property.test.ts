import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { DrawnDag } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { topmost } from "./coverage.ts";
import { continuesLane, type DagUnit } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";
import { SEEN_FAULTY, type SignedUnit } from "./unit.ts";

/** The units below a panorama, found by walking: nothing of the clocks, lanes or memories under test. */
function downset(cited: Iterable<DagUnit>): ReadonlySet<DagUnit> {
  const found = new Set<DagUnit>();
  const stack = [...cited];
  for (let unit = stack.pop(); unit !== undefined; unit = stack.pop()) {
    if (found.has(unit)) continue;
    found.add(unit);
    stack.push(...unit.panorama.filter(isCorrect));
  }
  return found;
}

/** v < u such that no claimed unit is or sees v, as the specification says it. */
function naiveCitations(cited: Iterable<DagUnit>, claims: readonly DagUnit[]): readonly DagUnit[] {
  const covered = downset(claims);
  return [...downset(cited)].filter((unit) => !covered.has(unit));
}

/** The first validator cited as faulty of whom the creator's units, this one included, naively cite two chains. */
function violationByDefinition(unit: SignedUnit, { dag }: DrawnDag): number | undefined {
  const cited = unit.hashes.map((hash) => dag.unit(hash) as DagUnit);
  const naive = new Set(
    naiveCitations(
      cited,
      unit.body.endorsed.map((hash) => dag.unit(hash) as DagUnit),
    ),
  );
  const previous = unit.prev === undefined ? undefined : dag.unit(unit.prev);
  for (let own = previous; own !== undefined; own = own.prev) {
    for (const each of naiveCitations(own.panorama.filter(isCorrect), own.endorsed)) naive.add(each);
  }
  for (let i = 0; i < unit.body.observations.length; i++) {
    if (unit.body.observations[i] !== SEEN_FAULTY) continue;
    const units = [...naive].filter((each) => each.creator === i);
    const forks = units.some((a) => units.some((b) => !continuesLane(a, b) && !continuesLane(b, a)));
    if (forks) return i;
  }
  return undefined;
}

const options = fc.record({
  seed: fc.nat(2 ** 31),
  units: fc.integer({ min: 20, max: 50 }),
  weights: fc.array(fc.constant(1), { minLength: 5, maxLength: 8 }),
  endorsing: fc.constantFrom(0, 0.05, 0.15),
});

describe("naivety", () => {
  it("is what its definition says, on any state and for any next unit", () => {
    let violations = 0;
    let kept = 0;
    fc.assert(
      fc.property(options, (each) => {
        drawRandomDag({
          ...each,
          params: { lnc: true },
          equivocators: [0, 1],
          onDrawn: (unit, drawn) => {
            const verdict = drawn.judge(unit);
            const expected = violationByDefinition(unit, drawn);
            if (verdict.ok) {
              kept++;
              expect(expected).toBeUndefined();
            } else if (verdict.rejection.code === "LncNaiveCitation") {
              violations++;
              expect(expected).toBe(verdict.rejection.index);
            }
          },
        });
      }),
      { numRuns: 150 },
    );
    // Both answers came up often enough to mean something.
    expect(violations).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(1000);
  });

  test("the topmost of some units cover what all of them cover, and none of them sees another", () => {
    fc.assert(
      fc.property(options, fc.nat(), (each, pick) => {
        const { units } = drawRandomDag({ ...each, endorsing: 0, equivocators: [0] });
        const some = units.filter((_, i) => (pick >> (i % 16)) % 2 === 1);
        const top = topmost(some);
        expect(downset(top)).toEqual(downset(some));
        for (const a of top) for (const b of top) if (a !== b) expect(downset([a]).has(b)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
