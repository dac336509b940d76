import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { ancestorAtDepth, type BlockNode } from "./block-tree.ts";
import { Dag } from "./dag.ts";
import { confidenceIn, FinalityDetector } from "./finality.ts";
import { requiredQuorum } from "./quorum.ts";
import { SummitSearch } from "./summit.ts";
import { checkCitations, checkContent } from "./validity.ts";

/** Forks, late citations, competing blocks; small enough to try every threshold after every unit. */
const histories = fc.record({
  seed: fc.nat(2 ** 31),
  units: fc.integer({ min: 10, max: 45 }),
  weights: fc.constantFrom([1, 1, 1], [3, 2, 2, 1], [1, 1, 1, 1, 1], [5, 1, 1]),
  equivocators: fc.constantFrom([], [0], [1, 2]),
});

/** The state of a history, grown unit by unit in another `Dag`. */
function grow(options: Parameters<typeof drawRandomDag>[0], afterEach: (dag: Dag) => void): void {
  const { drawn } = drawRandomDag(options);
  const dag = new Dag(drawn.instance);
  for (const unit of drawn.dag.order) {
    const checked = checkContent(drawn.dag.wire(unit), dag.instance);
    const valid = checked.ok ? checkCitations(checked.value, dag) : checked;
    if (!valid.ok) throw new Error(valid.rejection.code);
    dag.add(valid.value, undefined);
    afterEach(dag);
  }
}

/** Straight from the definition: some level at whose least quorum the exact search climbs as high. */
function isFinalByTryingLevels(search: SummitSearch, threshold: number, total: number): boolean {
  for (let level = 1; level <= 20; level++) {
    if (search.levels(requiredQuorum(level, threshold, total)) >= level) return true;
  }
  return false;
}

describe("I-3 a threshold that is watched from the middle on", () => {
  test("reports in order and without gaps what is not final at it yet, and disturbs no other", () => {
    const changes = fc.array(fc.record({ at: fc.nat({ max: 45 }), watch: fc.subarray([0.15, 0.35, 0.5, 0.75, 0.9]) }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(histories, changes, (options, planned) => {
        const always = [0.1, 1 / 3];
        let detector: FinalityDetector | undefined;
        let reference: FinalityDetector | undefined;
        let watched: readonly number[] = always;
        let units = 0;
        const seen = new Map<number, BlockNode[]>();
        const expected = new Map<number, BlockNode[]>();
        const begins = new Map<number, BlockNode | undefined>();
        grow(options, (dag) => {
          detector ??= new FinalityDetector(dag, always);
          reference ??= new FinalityDetector(dag, always);
          const head = dag.head();
          for (const { watch } of planned.filter(({ at }) => at === units)) {
            watched = [...always, ...watch];
            detector.watch(watched, head);
            const { total } = dag.instance.committee;
            for (const { threshold, last } of detector.status()) {
              if (seen.has(threshold.fraction) || always.includes(threshold.fraction)) continue;
              seen.set(threshold.fraction, []);
              begins.set(threshold.fraction, last);
              // It begins at the highest final block: that one is final, and its child on the way to the head is not.
              const isFinal = (block: BlockNode) => {
                const search = new SummitSearch(dag, block);
                search.refresh();
                return isFinalByTryingLevels(search, threshold.t, total);
              };
              if (last) expect(isFinal(last)).toBe(true);
              const child = head && ancestorAtDepth(head, (last?.depth ?? 0) + 1);
              if (child && head.depth > (last?.depth ?? 0) && dag.faultyWeight <= threshold.t) {
                expect(isFinal(child)).toBe(false);
              }
            }
            for (const fraction of [...seen.keys()]) if (!watched.includes(fraction)) seen.delete(fraction);
          }
          units++;
          detector.newlyViolated();
          reference.newlyViolated();
          for (const { threshold, block } of detector.advance(head)) {
            if (!seen.has(threshold.fraction)) seen.set(threshold.fraction, []);
            seen.get(threshold.fraction)?.push(block);
          }
          for (const { threshold, block } of reference.advance(head)) {
            expected.set(threshold.fraction, [...(expected.get(threshold.fraction) ?? []), block]);
          }
        });
        for (const fraction of always) expect(seen.get(fraction) ?? []).toEqual(expected.get(fraction) ?? []);
        for (const [fraction, blocks] of seen) {
          let before = always.includes(fraction) ? undefined : begins.get(fraction);
          for (const block of blocks) {
            expect(block.parent).toBe(before);
            before = block;
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("I-17 what is kept from unit to unit", () => {
  test("answers as a search from scratch does, at every threshold, over every block, after every unit", () => {
    fc.assert(
      fc.property(histories, (options) => {
        const carried = new Map<BlockNode, SummitSearch>();
        grow(options, (dag) => {
          const { total } = dag.instance.committee;
          for (const { block } of dag.order)
            if (block && !carried.has(block)) carried.set(block, new SummitSearch(dag, block));
          for (const [block, search] of carried) {
            const anew = new SummitSearch(dag, block);
            expect(search.refresh()).toBe(anew.refresh());
            for (let t = 0; t < total; t++) expect(search.isFinalAt(t)).toBe(isFinalByTryingLevels(anew, t, total));
            expect(search.confidence()).toEqual(anew.confidence());
          }
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe("I-11 leadership", () => {
  test("taken from anybody changes no weight, vote, quorum or finality of units that exist", () => {
    fc.assert(
      fc.property(histories, fc.uniqueArray(fc.nat(4)), (options, dismissed) => {
        const { drawn } = drawRandomDag(options);
        const { committee } = drawn.instance;
        const validators = committee.validators.map((each, i) => ({ ...each, producer: !dismissed.includes(i) }));
        const dag = new Dag({
          ...drawn.instance,
          committee: { ...committee, validators },
          excluded: new Set(dismissed),
        });
        for (const unit of drawn.dag.order) {
          const checked = checkContent(drawn.dag.wire(unit), dag.instance);
          const valid = checked.ok ? checkCitations(checked.value, dag) : checked;
          if (!valid.ok) throw new Error(valid.rejection.code);
          expect(dag.add(valid.value, undefined).unit.vote?.unit).toBe(unit.vote?.unit);
        }
        for (const { block } of drawn.dag.order) {
          const other = block && dag.block(block.unit);
          if (block && other) expect(confidenceIn(dag, other)).toEqual(confidenceIn(drawn.dag, block));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("finals of one state", () => {
  test("I-12 are never taken back, and without new faults confidence never falls", () => {
    fc.assert(
      fc.property(histories, (options) => {
        const before = new Map<BlockNode, number>();
        let faulty = 0;
        grow(options, (dag) => {
          // A new fault takes its votes out of every summit: only then may confidence fall.
          if (dag.faultyWeight !== faulty) before.clear();
          faulty = dag.faultyWeight;
          for (const { block } of dag.order) {
            if (block === undefined) continue;
            const search = new SummitSearch(dag, block);
            search.refresh();
            const { fraction } = search.confidence();
            expect(fraction).toBeGreaterThanOrEqual(before.get(block) ?? 0);
            before.set(block, fraction);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  test("I-12 stay reported when the head moves away and when their voters turn out faulty", () => {
    fc.assert(
      fc.property(histories, (options) => {
        let detector: FinalityDetector | undefined;
        const last = new Map<number, BlockNode>();
        grow(options, (dag) => {
          detector ??= new FinalityDetector(dag, [0.1, 1 / 3, 0.6]);
          detector.advance(dag.head());
          for (const { threshold, last: block } of detector.status()) {
            const earlier = last.get(threshold.t);
            expect(block?.depth ?? 0).toBeGreaterThanOrEqual(earlier?.depth ?? 0);
            if (block !== undefined) last.set(threshold.t, block);
          }
        });
      }),
      { numRuns: 40 },
    );
  });
});
