import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { timestamp } from "../primitives/index.ts";
import { Dag } from "./dag.ts";
import {
  decodeParticipation,
  encodeParticipation,
  eraParticipation,
  type ParticipationMark,
  type RoundMarks,
} from "./era-participation.ts";
import type { UnitHash } from "./unit.ts";
import { checkCitations, checkContent } from "./validity.ts";

describe("the record of an era", () => {
  it("says of each round with a block who came, as the last block's unit has seen it", () => {
    const drawn = drawDag({ alice: 4, bob: 3, carol: 2, dave: 1 });
    const a0 = drawn.unit("alice", { block: "X" });
    const b0 = drawn.unit("bob", { cites: [a0] });
    drawn.unit("carol", { cites: [a0] });
    const b1 = drawn.unit("bob", { cites: [b0], block: "Y" });
    const [first, ...others] = eraParticipation(drawn.dag, b1.hash);
    expect(others).toEqual([]);
    // carol came, and bob has not seen it.
    expect(first).toMatchObject({ height: 1, marks: ["yes", "yes", "no", "no"] });
    expect(eraParticipation(drawn.dag, a0.hash)).toEqual([]);
    expect(() => eraParticipation(drawn.dag, b0.hash)).toThrowError(/switch block/);
  });

  test("is the same for everybody who has that unit, whatever else it knows", () => {
    const histories = fc.record({
      seed: fc.nat(2 ** 31),
      units: fc.integer({ min: 10, max: 60 }),
      weights: fc.constantFrom([1, 1, 1], [3, 2, 2, 1], [1, 1, 1, 1, 1]),
      equivocators: fc.constantFrom([], [0], [1]),
    });
    let rounds = 0;
    fc.assert(
      fc.property(histories, (options) => {
        const whole = drawRandomDag(options).drawn.dag;
        for (const last of whole.order.filter(({ block }) => block !== undefined)) {
          // Somebody who has nothing but what that unit stands on.
          const least = new Dag(whole.instance);
          const below = new Set<UnitHash>([last.hash]);
          for (const unit of [...whole.order].reverse()) {
            if (!below.has(unit.hash)) continue;
            if (unit.prev) below.add(unit.prev.hash);
            for (const seen of unit.panorama) if (typeof seen === "object") below.add(seen.hash);
          }
          const faulty = last.panorama.flatMap((seen, i) => (seen === "faulty" ? [i] : []));
          for (const validator of faulty) {
            const evidence = whole.evidenceAgainst(validator);
            if (evidence) least.addEvidence(evidence);
          }
          for (const unit of whole.order.filter(({ hash }) => below.has(hash))) {
            const checked = checkContent(whole.wire(unit), whole.instance);
            const valid = checked.ok ? checkCitations(checked.value, least) : checked;
            if (!valid.ok) throw new Error(valid.rejection.code);
            least.add(valid.value, undefined);
          }
          const record = eraParticipation(whole, last.hash);
          expect(eraParticipation(least, last.hash)).toEqual(record);
          rounds += record.length;
        }
      }),
      { numRuns: 40 },
    );
    expect(rounds).toBeGreaterThan(50);
  });

  const marksOf = (size: number) =>
    fc.array(fc.constantFrom<ParticipationMark>("unassigned", "no", "yes"), { minLength: size, maxLength: size });
  const records = fc.integer({ min: 1, max: 13 }).chain((size) =>
    fc.array(fc.record({ height: fc.nat(2 ** 40), round: fc.nat(2 ** 40).map(timestamp), marks: marksOf(size) }), {
      maxLength: 5,
    }),
  );

  test("decodes to what was encoded, and nothing else decodes (I-34)", () => {
    fc.assert(
      fc.property(records, (record: readonly RoundMarks[]) => {
        expect(decodeParticipation(encodeParticipation(record))).toEqual({ ok: true, value: record });
      }),
    );
    fc.assert(
      fc.property(records, fc.nat(), fc.nat({ max: 255 }), (record: readonly RoundMarks[], place, byte) => {
        const bytes = encodeParticipation(record);
        bytes[place % bytes.length] = byte;
        const decoded = decodeParticipation(bytes);
        if (decoded.ok) expect(encodeParticipation(decoded.value)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
