import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { descendsFrom } from "./block-tree.ts";
import type { Dag } from "./dag.ts";
import { type DagUnit, laneAncestor, sees } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";
import { SummitSearch } from "./summit.ts";

const seed = fc.nat(2 ** 31);
const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 });
const smallDag = fc
  .record({ seed, weights, units: fc.integer({ min: 4, max: 14 }), liar: fc.boolean() })
  .map(({ liar, ...options }) => drawRandomDag({ ...options, equivocators: liar ? [0] : [] }).drawn.dag);

function blocksOf(dag: Dag) {
  return dag.order.map((unit) => unit.block).filter((block) => block !== undefined);
}

/**
 * Summits by the definition, by trying every family of sets: per validator a streak that ends in its latest unit, given
 * by its first unit or none.
 */
function levelsByTryingAll(dag: Dag, block: Parameters<typeof descendsFrom>[1], quorum: number, most: number): number {
  const tips = dag.latest.map((seen) => (isCorrect(seen) ? seen : undefined));
  const streaks = tips.map((tip) => {
    const starts: (number | undefined)[] = [undefined];
    for (let at: DagUnit | undefined = tip; at && descendsFrom(at.vote, block); at = at.prev) starts.push(at.seq);
    return starts;
  });
  const families = streaks.reduce<(number | undefined)[][]>(
    (all, starts) => all.flatMap((family) => starts.map((start) => [...family, start])),
    [[]],
  );
  const nonEmpty = families.filter((family) => family.some((start) => start !== undefined));
  const within = (inner: (number | undefined)[], outer: (number | undefined)[]) =>
    inner.every((start, i) => start === undefined || (outer[i] !== undefined && start >= (outer[i] as number)));
  const unitsOf = (family: (number | undefined)[]) =>
    family.flatMap((start, i) => {
      const units: DagUnit[] = [];
      if (start === undefined) return units;
      for (let s = start; s <= (tips[i] as DagUnit).seq; s++)
        units.push(laneAncestor(tips[i] as DagUnit, s) as DagUnit);
      return units;
    });
  const isDense = (inner: (number | undefined)[], outer: (number | undefined)[]) => {
    const outerUnits = unitsOf(outer);
    return unitsOf(inner).every((unit) => {
      const seen = new Set(
        outerUnits.filter((other) => other === unit || sees(unit, other)).map((other) => other.creator),
      );
      const weight = [...seen].reduce(
        (sum, i) => (inner[i] === undefined ? sum : sum + (dag.instance.weights[i] as number)),
        0,
      );
      return weight >= quorum;
    });
  };
  let reached = nonEmpty;
  for (let level = 1; level <= most; level++) {
    // Families that are the top of some tower of this height.
    reached = nonEmpty.filter((inner) => reached.some((outer) => within(inner, outer) && isDense(inner, outer)));
    if (reached.length === 0) return level - 1;
  }
  return most;
}

describe("summits", () => {
  test("I-13, I-15 are as many levels high as trying every family of sets finds", () => {
    fc.assert(
      fc.property(smallDag, fc.double({ min: 0, max: 1, noNaN: true }), (dag, share) => {
        const { total } = dag.instance.committee;
        const quorum = Math.max(1, Math.ceil(share * total));
        for (const block of blocksOf(dag).slice(0, 3)) {
          const search = new SummitSearch(dag, block);
          search.refresh();
          const most = 3;
          expect(Math.min(most, search.levels(quorum))).toBe(levelsByTryingAll(dag, block, quorum, most));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("I-15 fewer levels for a greater quorum", () => {
    fc.assert(
      fc.property(smallDag, (dag) => {
        for (const block of blocksOf(dag)) {
          const search = new SummitSearch(dag, block);
          search.refresh();
          let before = Number.POSITIVE_INFINITY;
          for (let quorum = 1; quorum <= dag.instance.committee.total; quorum++) {
            const levels = search.levels(quorum);
            expect(levels).toBeLessThanOrEqual(before);
            before = levels;
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("I-13 make a block final at t exactly when t is at most maxT, and at every smaller t (I-4)", () => {
    fc.assert(
      fc.property(smallDag, (dag) => {
        for (const block of blocksOf(dag)) {
          const search = new SummitSearch(dag, block);
          search.refresh();
          const { maxT } = search.confidence();
          for (let t = 0; t < dag.instance.committee.total; t++) {
            expect(search.isFinalAt(t)).toBe(maxT !== undefined && t <= maxT);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("have the frontier that asking for every quorum finds", () => {
    fc.assert(
      fc.property(smallDag, (dag) => {
        const { total } = dag.instance.committee;
        for (const block of blocksOf(dag)) {
          const search = new SummitSearch(dag, block);
          search.refresh();
          const expected = new Map<number, number>();
          for (let quorum = Math.floor(total / 2) + 1; quorum <= total; quorum++) {
            for (let level = 1; level <= search.levels(quorum); level++) expected.set(level, quorum);
          }
          const { frontier } = search.confidence();
          expect(frontier).toEqual([...expected].map(([level, quorum]) => ({ level, quorum })));
        }
      }),
      { numRuns: 100 },
    );
  });

  test("I-4 over a block lie over its ancestors too", () => {
    fc.assert(
      fc.property(smallDag, (dag) => {
        for (const block of blocksOf(dag)) {
          if (block.parent === undefined) continue;
          const [child, parent] = [block, block.parent].map((each) => {
            const search = new SummitSearch(dag, each);
            search.refresh();
            return search.confidence().maxT ?? -1;
          });
          expect(parent).toBeGreaterThanOrEqual(child as number);
        }
      }),
      { numRuns: 100 },
    );
  });
});
