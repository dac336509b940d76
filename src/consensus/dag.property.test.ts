import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { createPrng } from "../../test/support/prng.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { Dag } from "./dag.ts";
import { type DagUnit, sees } from "./dag-unit.ts";
import { verifyEvidence } from "./evidence.ts";
import { confidenceIn, FinalityDetector } from "./finality.ts";
import { isAtLeast, isCorrect } from "./panorama.ts";
import type { SignedUnit } from "./unit.ts";
import { checkCitations, checkContent } from "./validity.ts";

const randomDag = fc
  .record({
    seed: fc.nat(2 ** 31),
    units: fc.integer({ min: 5, max: 40 }),
    weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 6 }),
  })
  .map((options) => drawRandomDag({ ...options, equivocators: [0, 1] }));

/** Some order of the units in which citations come first. */
function shuffled(dag: Dag, seed: number): readonly SignedUnit[] {
  const prng = createPrng(seed);
  const left = dag.order.map((unit) => dag.wire(unit));
  const placed = new Set<string>();
  const order: SignedUnit[] = [];
  while (left.length > 0) {
    const free = left.filter((unit) => unit.hashes.every((hash) => placed.has(hash)));
    const next = prng.pick(free) as SignedUnit;
    left.splice(left.indexOf(next), 1);
    placed.add(next.hash);
    order.push(next);
  }
  return order;
}

/** A state with endorsements, and the units that were too naive for it. */
function endorsedDag(seed: number) {
  const refused: SignedUnit[] = [];
  const { drawn } = drawRandomDag({
    seed,
    units: 35,
    weights: [1, 1, 1, 1, 1, 1],
    equivocators: [0, 1],
    params: { lnc: true },
    endorsing: 0.1,
    onDrawn: (unit, state) => {
      const verdict = state.judge(unit);
      if (!verdict.ok && verdict.rejection.code === "LncNaiveCitation") refused.push(unit);
    },
  });
  return { drawn, refused };
}

/** Judges and adds; what it reports is what must not depend on the order. */
function replay(units: readonly SignedUnit[], original: Dag) {
  const dag = new Dag(original.instance);
  for (const { hash } of units) for (const each of original.endorsements.of(hash)) dag.endorsements.restore(each);
  const votes = new Map<string, string | undefined>();
  for (const unit of units) {
    const checked = checkContent(unit, dag.instance);
    const valid = checked.ok ? checkCitations(checked.value, dag) : checked;
    if (!valid.ok) throw new Error(`${unit.hash} breaks rule ${valid.rejection.code}`);
    const { unit: added } = dag.add(valid.value, undefined);
    votes.set(added.hash, added.vote?.unit);
  }
  return { dag, votes };
}

function summary(dag: Dag) {
  return {
    head: dag.head()?.unit,
    latest: dag.latest.map((seen) => (isCorrect(seen) ? seen.hash : seen)),
    faulty: dag.faultyWeight,
    confidence: dag.order
      .map((unit) => unit.block)
      .filter((block) => block !== undefined)
      .map((block) => [block.unit, block.height, confidenceIn(dag, block).strength] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

describe("a state", () => {
  test("I-5 does not depend on the order in which units came", () => {
    fc.assert(
      fc.property(randomDag, ({ drawn }) => {
        const votes = new Map(
          drawn.dag.order.map((unit) => [unit.hash as string, unit.vote?.unit as string | undefined]),
        );
        for (let order = 0; order < 20; order++) {
          const again = replay(shuffled(drawn.dag, order), drawn.dag);
          expect(Object.fromEntries(again.votes)).toEqual(Object.fromEntries(votes));
          expect(summary(again.dag)).toEqual(summary(drawn.dag));
        }
      }),
      { numRuns: 15 },
    );
  });

  it("does not depend on it with endorsements either: what is naive is naive in 100 orders (I-5)", () => {
    let refusals = 0;
    let claims = 0;
    for (let seed = 0; refusals < 150; seed++) {
      const { drawn, refused } = endorsedDag(seed);
      if (refused.length === 0) continue;
      claims += drawn.dag.order.filter((unit) => unit.endorsed.length > 0).length;
      for (let order = 0; order < 100; order++) {
        const again = replay(shuffled(drawn.dag, order), drawn.dag);
        if (order % 20 === 0) expect(summary(again.dag)).toEqual(summary(drawn.dag));
        for (const unit of refused) {
          refusals++;
          const checked = checkContent(unit, again.dag.instance);
          const check = checked.ok ? checkCitations(checked.value, again.dag) : checked;
          expect(check).toMatchObject({ ok: false, rejection: { code: "LncNaiveCitation" } });
        }
      }
    }
    expect(claims).toBeGreaterThan(0);
  });

  test("answers sees as walking the citations does, forks included", () => {
    fc.assert(
      fc.property(randomDag, ({ units }) => {
        const downset = new Map<DagUnit, Set<DagUnit>>();
        for (const unit of units) {
          const below = new Set<DagUnit>();
          for (const cited of unit.panorama) {
            if (!isCorrect(cited)) continue;
            below.add(cited);
            for (const further of downset.get(cited) ?? []) below.add(further);
          }
          downset.set(unit, below);
          for (const other of units) expect(sees(unit, other)).toBe(below.has(other));
        }
      }),
      { numRuns: 40 },
    );
  });

  test("I-6, I-9 keeps for everybody the greatest unit, or the fault and its evidence", () => {
    fc.assert(
      fc.property(randomDag, ({ drawn, units }) => {
        drawn.dag.latest.forEach((seen, i) => {
          const own = units.filter((unit) => unit.creator === i);
          const numbers = own.map((unit) => unit.seq);
          const forked = new Set(numbers).size < numbers.length;
          const evidence = drawn.dag.evidenceAgainst(i);
          expect(seen === "faulty").toBe(forked);
          expect(evidence !== undefined).toBe(forked);
          if (evidence !== undefined) expect(verifyEvidence(evidence, drawn.instance).ok).toBe(true);
          if (isCorrect(seen)) for (const unit of own) expect(isAtLeast(seen, unit)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe("finality", () => {
  test("I-3, I-4 is reported in height order, without gaps, once, and from the smallest threshold on", () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(2 ** 31),
          units: fc.constant(60),
          weights: fc.constantFrom([1, 1, 1], [3, 2, 2, 1], [5, 1, 1]),
        }),
        (options) => {
          const { drawn } = drawRandomDag(options);
          const dag = new Dag(drawn.instance);
          const detector = new FinalityDetector(dag, [0.3, 0.1, 0.6]);
          const heights = new Map<number, number>();
          for (const unit of drawn.dag.order) {
            const checked = checkContent(drawn.dag.wire(unit), dag.instance);
            const valid = checked.ok ? checkCitations(checked.value, dag) : checked;
            if (!valid.ok) throw new Error(valid.rejection.code);
            dag.add(valid.value, undefined);
            for (const { threshold, block, confidence } of detector.advance(dag.head())) {
              expect(block.height).toBe((heights.get(threshold.fraction) ?? 0) + 1);
              heights.set(threshold.fraction, block.height);
              expect(confidence.maxT ?? -1).toBeGreaterThanOrEqual(threshold.t);
              // From scratch, the same (I-17).
              expect(confidenceIn(dag, block)).toEqual(confidence);
            }
            const reached = [...heights].sort(([a], [b]) => a - b).map(([, height]) => height);
            expect(reached).toEqual([...reached].sort((a, b) => b - a));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
