import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawnKey } from "../../test/support/draw-dag.ts";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { addressOfKey, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createCommittee } from "./committee.ts";
import { type DagUnit, sees } from "./dag-unit.ts";
import { type Era, type EraRules, firstEra, instanceOfEra, nextEra, recoveryEra, type SwitchBlock } from "./era.ts";
import { observationsOf } from "./panorama.ts";
import { SEEN_FAULTY, SEEN_NOTHING } from "./unit.ts";

const hash = (name: string) => keccakHash(utf8(name));

const rules: EraRules = {
  chainId: 80401n,
  genesisHash: hash("genesis"),
  params: {
    baseRoundMs: 1000,
    maxRoundExp: 0,
    eraMinBlocks: 4,
    eraMinMs: 0,
    weightScale: 1_000_000,
    maxLevel: 20,
    openGapSlots: 4,
    maxValidators: 150,
  },
};

const committee = fc
  .array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), producer: fc.boolean() }), { minLength: 1, maxLength: 7 })
  .map((validators) =>
    createCommittee(validators.map((validator, i) => ({ ...validator, signer: addressOfKey(drawnKey(i)) }))),
  );

/** What switch blocks saw, one list of marks per era; a mark beyond the committee is not read. */
const story = fc.array(fc.array(fc.constantFrom(SEEN_NOTHING, SEEN_FAULTY, 2, 9), { minLength: 7, maxLength: 7 }), {
  minLength: 1,
  maxLength: 8,
});

function switchOf(era: Era, marks: readonly number[], name = "switch"): SwitchBlock {
  return {
    hash: hash(`${name} ${era.number}`),
    height: era.keyBlock.height + 4,
    t: timestamp(era.start + 3000),
    // Whoever is banned is seen as faulty by everybody.
    observations: era.committee.validators.map((_, i) => (era.banned.includes(i) ? SEEN_FAULTY : (marks[i] as number))),
  };
}

function tell(era: Era, marks: readonly (readonly number[])[]): readonly Era[] {
  const eras = [era];
  for (const seen of marks) {
    const last = eras.at(-1) as Era;
    eras.push(nextEra(last, switchOf(last, seen), rules));
  }
  return eras;
}

const signers = ({ committee: { validators } }: Era, indexes: readonly number[]) =>
  indexes.map((index) => validators[index]?.signer);

describe("the next era", () => {
  test("bans whom the switch block's own past proves faulty, and nobody else (I-32)", () => {
    const options = fc.record({
      seed: fc.nat(2 ** 31),
      units: fc.integer({ min: 10, max: 40 }),
      weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 6 }),
    });
    fc.assert(
      fc.property(options, fc.nat(), (shape, pick) => {
        const { drawn, units } = drawRandomDag({ ...shape, equivocators: [0, 1] });
        const { dag, instance } = drawn;
        const blocks = units.filter((unit) => unit.block !== undefined);
        fc.pre(blocks.length > 0);
        const unit = blocks[pick % blocks.length] as DagUnit;
        const era: Era = { ...firstEra(instance.id, instance.committee, instance.eraStart) };
        const height = unit.block?.height ?? 0;
        const observations = observationsOf(unit.panorama);
        const next = nextEra(era, { hash: hash("k"), height, t: unit.t, observations }, rules);
        const past = dag.order.filter((other) => sees(unit, other));
        const forked = instance.committee.validators.flatMap((_, i) => {
          const seqs = past.filter(({ creator }) => creator === i).map(({ seq }) => seq);
          return new Set(seqs).size < seqs.length ? [i] : [];
        });
        // A fork may be cited by its evidence alone, so the ban can know more than the units below.
        expect(next.banned).toEqual(expect.arrayContaining(forked));
        for (const index of next.banned) expect(dag.evidenceAgainst(index)).toBeDefined();
        expect(next.committee).toEqual(era.committee);
      }),
      { numRuns: 150 },
    );
  });

  test("keeps the weight of the banned for one era, and leaves them out of the one after", () => {
    fc.assert(
      fc.property(committee, story, (first, marks) => {
        const eras = tell(firstEra(rules.genesisHash, first, timestamp(1000)), marks);
        eras.slice(1).forEach((era, i) => {
          const before = eras[i] as Era;
          const leaving = signers(before, before.banned);
          expect(before.leftOut).toEqual(expect.arrayContaining(leaving));
          const staying = before.committee.validators.filter(({ signer }) => !before.leftOut.includes(signer));
          const expected = staying.length === 0 ? before.committee.validators : staying;
          const weights = (members: typeof expected) => members.map(({ signer, weight }) => [signer, weight]);
          expect(weights(era.committee.validators)).toEqual(weights(expected));
          for (const signer of signers(era, era.banned)) expect(leaving).not.toContain(signer);
        });
      }),
    );
  });

  test("excludes banned producers, and silent ones as long as somebody else can lead", () => {
    fc.assert(
      fc.property(committee, story, (first, marks) => {
        for (const era of tell(firstEra(rules.genesisHash, first, timestamp(1000)), marks)) {
          const producers = era.committee.validators.flatMap(({ producer }, i) => (producer ? [i] : []));
          for (const index of era.excluded) expect(producers).toContain(index);
          for (const index of era.banned) if (producers.includes(index)) expect(era.excluded).toContain(index);
          const banned = producers.filter((index) => era.banned.includes(index));
          const free = producers.filter((index) => !era.excluded.includes(index));
          if (free.length === 0) expect(banned).toEqual(producers);
        }
      }),
    );
  });

  test("begins in the slot after the switch block, with a seed known one era ahead, in an instance of its own", () => {
    fc.assert(
      fc.property(committee, story, (first, marks) => {
        const eras = tell(firstEra(rules.genesisHash, first, timestamp(1000)), marks);
        const last = eras.at(-1) as Era;
        const seen = marks[0] as readonly number[];
        const one = nextEra(last, switchOf(last, seen), rules);
        const other = nextEra(last, switchOf(last, seen, "another"), rules);
        expect(one.start).toBe(last.start + 4000);
        expect(one.seed).toBe(other.seed);
        const ids = [...eras, one, other].map((era) => instanceOfEra(rules, era).id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(nextEra(one, switchOf(one, seen), rules).seed).not.toBe(
          nextEra(other, switchOf(other, seen), rules).seed,
        );
      }),
    );
  });
});

describe("a recovery era", () => {
  test("takes the office of ejected producers for good, but never of all of them", () => {
    fc.assert(
      fc.property(committee, story, fc.array(fc.nat(6)), (first, marks, ejectedIndexes) => {
        const last = tell(firstEra(rules.genesisHash, first, timestamp(1000)), marks).at(-1) as Era;
        const ejected = ejectedIndexes.map((index) => addressOfKey(drawnKey(index)));
        const recovery = {
          generation: 1,
          keyBlock: { hash: hash("good"), height: 5 },
          start: timestamp(90_000),
          ejected,
        };
        const base = last.following;
        const era = recoveryEra(base, recovery, rules);
        expect(era).toMatchObject({ generation: 1, number: 0, banned: [], excluded: [] });
        const producers = ({ validators }: Era["committee"]) => validators.filter(({ producer }) => producer);
        const kept = producers(era.committee).map(({ signer }) => signer);
        const before = base.validators;
        const wanted = before.filter(({ producer, signer }) => producer && !ejected.includes(signer));
        if (wanted.length > 0) expect(kept).toEqual(wanted.map(({ signer }) => signer));
        else if (before.some(({ producer }) => producer)) expect(kept.length).toBeGreaterThan(0);
        const everybody = era.committee.validators.map(() => 2);
        const following = nextEra(era, switchOf(era, everybody), rules);
        expect(producers(following.committee)).toEqual(producers(era.committee));
      }),
    );
  });
});
