import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { eraParticipation } from "./era-participation.ts";
import { eraWork } from "./era-work.ts";
import { producerOf } from "./leader.ts";

const workOf = (dag: Parameters<typeof eraWork>[0], unit: Parameters<typeof eraWork>[1]) =>
  eraWork(dag, unit, eraParticipation(dag, unit));

describe("the work of an era", () => {
  it("is its blocks for who made them, and its rounds for who came", () => {
    const drawn = drawDag({ alice: 4, bob: 3, carol: 2, dave: 1 });
    const a0 = drawn.unit("alice", { block: "X" });
    const b0 = drawn.unit("bob", { cites: [a0] });
    drawn.unit("carol", { cites: [a0] });
    const b1 = drawn.unit("bob", { cites: [b0], block: "Y" });
    const [alice, bob, carol, dave] = workOf(drawn.dag, b1.hash);
    expect(alice).toMatchObject({ weight: 4, asked: 1, came: 1, made: 1 });
    expect(bob).toMatchObject({ weight: 3, asked: 1, came: 1, made: 1 });
    // carol came, and bob has not seen it.
    expect(carol).toMatchObject({ weight: 2, asked: 1, came: 0, made: 0 });
    expect(dave).toMatchObject({ weight: 1, asked: 1, came: 0, made: 0 });
    expect(() => workOf(drawn.dag, b0.hash)).toThrowError(/switch block/);
  });

  it("charges a slot without a block to the producer that led it, and an open slot to nobody", () => {
    const drawn = drawDag({ alice: 1, bob: 1, carol: 1 }, { openGapSlots: 2 });
    const { instance } = drawn;
    const { baseRoundMs } = instance.params;
    const a0 = drawn.unit("alice", { block: "X" });
    const first = a0.roundId;
    const late = drawn.unit("bob", { cites: [a0], block: "Y", t: first + 5 * baseRoundMs });
    const leaders = [1, 2].map((slot) => producerOf(instance, (first + slot * baseRoundMs) as typeof first));
    const expected = [1, 1, 0];
    for (const leader of leaders) expected[leader] = (expected[leader] as number) + 1;
    expect(workOf(drawn.dag, late.hash).map((member) => member.expected)).toEqual(expected);
  });

  test("has every block once, and never more blocks than slots or units than rounds, in any DAG", () => {
    const histories = fc.record({
      seed: fc.nat(2 ** 31),
      units: fc.integer({ min: 10, max: 50 }),
      weights: fc.constantFrom([1, 1, 1], [3, 2, 2, 1]),
      equivocators: fc.constantFrom([], [0]),
    });
    fc.assert(
      fc.property(histories, (options) => {
        const { dag } = drawRandomDag(options).drawn;
        const last = dag.order.findLast(({ block }) => block !== undefined);
        if (!last?.block) return;
        const work = workOf(dag, last.hash);
        expect(work.reduce((sum, { made }) => sum + made, 0)).toBe(last.block.depth);
        for (const { asked, came, expected, made } of work) {
          expect(came).toBeLessThanOrEqual(asked);
          expect(made).toBeLessThanOrEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });
});
