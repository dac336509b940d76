import fc from "fast-check";
import { expect, test } from "vitest";
import { drawnKey } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { Dag, type ResolvedUnit } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import { citedNumbers, isCorrect } from "./panorama.ts";
import { type SignedUnit, signUnit } from "./unit.ts";
import { type CheckedUnit, checkCitations, missingDependencies } from "./validity.ts";

const options = fc.record({
  seed: fc.nat(2 ** 31),
  units: fc.integer({ min: 10, max: 40 }),
  weights: fc.array(fc.constant(1), { minLength: 2, maxLength: 6 }),
  equivocators: fc.constantFrom<readonly number[]>([], [0]),
});

/** What a verdict says, with units by their names. */
function plain(check: ReturnType<typeof checkCitations>) {
  if (!check.ok) return check.rejection;
  const { panorama, cited, prev, choice, endorsed } = check.value as ResolvedUnit;
  return {
    panorama: panorama.map((seen) => (isCorrect(seen) ? seen.hash : seen)),
    cited: [...cited],
    prev: prev?.hash,
    choice: choice?.unit,
    endorsed: endorsed.map(({ hash }) => hash),
  };
}

test("a panorama that was judged before has the verdict it would have had: whoever cites it, when, and by what numbers", () => {
  let shared = 0;
  const verdicts = new Set<string>();
  fc.assert(
    fc.property(options, fc.array(fc.nat(1_000), { minLength: 3, maxLength: 3 }), (each, chance) => {
      const { drawn, units } = drawRandomDag(each);
      const { domain, size } = drawn.instance;
      const [dag, anew] = [new Dag(drawn.instance), new Dag(drawn.instance)];
      const judge = (unit: SignedUnit) => {
        anew.shared.clear();
        const checked = unit as CheckedUnit;
        if (dag.shared.judgementOf(unit.body) !== undefined) shared++;
        expect(missingDependencies(checked, dag)).toEqual(missingDependencies(checked, anew));
        const [mine, fresh] = [checkCitations(checked, dag), checkCitations(checked, anew)];
        expect(plain(mine)).toEqual(plain(fresh));
        verdicts.add(mine.ok ? "valid" : mine.rejection.code);
        return [mine, fresh] as const;
      };
      /** The same panorama in somebody else's unit, at another time, or with another number for one of its entries. */
      const variants = (unit: DagUnit): readonly SignedUnit[] => {
        const wire = drawn.dag.wire(unit);
        const creator = (chance[0] as number) % size;
        const entry = (chance[1] as number) % size;
        const { observations, t } = wire.body;
        const changes: readonly Partial<SignedUnit["body"]>[] = [
          {},
          { t: (t - (chance[2] as number)) as typeof t },
          { observations: observations.map((seen, i) => (i === entry && seen > 1 ? seen + 1 : seen)) },
        ];
        const own = unit.panorama[creator];
        const place = { creator, seq: isCorrect(own) ? own.seq + 1 : 0, prev: isCorrect(own) ? own.hash : undefined };
        return changes.map((change) =>
          signUnit(domain, { ...wire, ...place, body: { ...wire.body, ...change } }, drawnKey(creator)),
        );
      };
      for (const unit of units) {
        const wire = drawn.dag.wire(unit);
        const [mine, fresh] = judge(wire);
        if (!mine.ok || !fresh.ok) throw new Error("a unit of a random state is valid");
        for (const variant of variants(unit))
          if (missingDependencies(variant as CheckedUnit, anew).units.length === 0) judge(variant);
        const added = [dag.add(mine.value, undefined).unit, anew.add(fresh.value, undefined).unit];
        for (const { panorama, cited } of added) expect(cited).toEqual(citedNumbers(panorama));
        expect(dag.latest.map((seen) => (isCorrect(seen) ? seen.hash : seen))).toEqual(
          anew.latest.map((seen) => (isCorrect(seen) ? seen.hash : seen)),
        );
      }
    }),
    { numRuns: 30 },
  );
  expect(shared).toBeGreaterThan(100);
  expect([...verdicts]).toEqual(expect.arrayContaining(["valid", "Timestamps"]));
});
