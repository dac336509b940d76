import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawnKey } from "../../test/support/draw-dag.ts";
import { type Address, addressOfKey, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { committeeFromStakes, createCommittee, hashCommittee, type StakedValidator } from "./committee.ts";
import { type Era, type EraRules, firstEra, instanceOfEra, nextEra, recoveryEra, type SwitchBlock } from "./era.ts";
import { rotate, withoutOffice } from "./rotation.ts";
import { SEEN_FAULTY } from "./unit.ts";

const hash = (name: string) => keccakHash(utf8(name));
const signers = Array.from({ length: 7 }, (_, i) => addressOfKey(drawnKey(i)));

/** Keys that some of them seal with. */
const keys = [7, 8].map((i) => addressOfKey(drawnKey(i)));
const inOfficeWith = (producerKey: Address) => ({ producer: true, producerKey });

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
    maxValidators: 5,
  },
};
const { params } = rules;

const stakedSet: fc.Arbitrary<readonly StakedValidator[]> = fc.array(
  fc
    .record({
      signer: fc.constantFrom(...signers),
      stake: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 10n ** 27n })),
      office: fc.constantFrom({ producer: false }, { producer: true }, ...keys.map(inOfficeWith)),
    })
    .map(({ office, ...rest }) => ({ ...rest, ...office })),
  { maxLength: 9 },
);
const someSigners = fc.subarray(signers);
const genesis = createCommittee(signers.slice(0, 3).map((signer) => ({ signer, weight: 5, producer: true })));

/** One era of a story: what the state after its switch block says, and who is seen as faulty there. */
const chapter = fc.record({ staked: fc.option(stakedSet, { nil: undefined }), faulty: someSigners });
const story = fc.array(chapter, { minLength: 3, maxLength: 8 });
type Chapter = { readonly staked: readonly StakedValidator[] | undefined; readonly faulty: readonly Address[] };

function switchOf(era: Era, { staked, faulty }: Chapter): SwitchBlock {
  const isFaulty = (signer: Address, i: number) => faulty.includes(signer) || era.banned.includes(i);
  return {
    hash: hash(`switch ${era.number}`),
    height: era.keyBlock.height + 4,
    t: timestamp(era.start + 3000),
    observations: era.committee.validators.map(({ signer }, i) => (isFaulty(signer, i) ? SEEN_FAULTY : 2)),
    staked,
  };
}

function tell(chapters: readonly Chapter[]): readonly Era[] {
  const eras = [firstEra(rules.genesisHash, genesis, timestamp(1000))];
  for (const each of chapters) {
    const last = eras.at(-1) as Era;
    eras.push(nextEra(last, switchOf(last, each), rules));
  }
  return eras;
}

/** Whether a signer may come back at once, for all that the root chain says. */
const isCounted = (staked: Chapter["staked"], signer: Address) => {
  const counted = (staked ?? []).filter(({ stake }) => stake > 0n);
  return counted.length === 0 || counted.some((entry) => entry.signer === signer);
};
const membersOf = ({ committee }: Era) => committee.validators.map(({ signer }) => signer);

describe("the committee of an era", () => {
  test("is what the switch block two eras back says, weighed by stake (I-31)", () => {
    fc.assert(
      fc.property(story, (chapters) => {
        const eras = tell(chapters);
        chapters.slice(0, -1).forEach(({ staked }, i) => {
          // Switch block of era i, committee of era i + 2.
          const [fixing, after] = [eras[i + 1], eras[i + 2]] as [Era, Era];
          expect(after.committee).toEqual(fixing.following);
          const out = new Set(fixing.leftOut);
          const known = (staked ?? []).filter(({ signer, stake }) => stake > 0n && !out.has(signer));
          if (!staked || known.length === 0) return;
          const distinct = new Set(known.map(({ signer }) => signer));
          if (distinct.size < known.length || distinct.size > params.maxValidators) return;
          const weights = committeeFromStakes(known, params.weightScale).validators.map(({ weight }) => weight);
          expect(after.committee.validators.map(({ weight }) => weight)).toEqual(weights);
          expect(new Set(membersOf(after))).toEqual(distinct);
        });
      }),
    );
  });

  test("is equal on all nodes that know the same switch blocks, and bound by the instance before it", () => {
    fc.assert(
      fc.property(story, stakedSet, (chapters, other) => {
        const ids = (eras: readonly Era[]) => eras.map((era) => instanceOfEra(rules, era).id);
        const told = tell(chapters);
        expect(ids(tell(chapters))).toEqual(ids(told));
        const last = chapters.at(-1) as Chapter;
        const lied = tell([...chapters.slice(0, -1), { ...last, staked: other }]);
        const differs = JSON.stringify(told.at(-1)?.following) !== JSON.stringify(lied.at(-1)?.following);
        expect(ids(told).at(-1) !== ids(lied).at(-1)).toBe(differs);
      }),
    );
  });

  test("always has a member and a producer, and no more members than allowed", () => {
    fc.assert(
      fc.property(story, (chapters) => {
        for (const { committee, following } of tell(chapters)) {
          for (const each of [committee, following]) {
            expect(each.validators.length).toBeGreaterThan(0);
            expect(each.validators.length).toBeLessThanOrEqual(params.maxValidators);
            expect(each.total).toBeGreaterThan(0);
            expect(each.validators.some(({ producer }) => producer)).toBe(true);
          }
        }
      }),
    );
  });

  test("has producers that the root chain names, where one of them is a member", () => {
    fc.assert(
      fc.property(stakedSet, someSigners, (staked, out) => {
        const { committee, shortfall } = rotate(staked, genesis, new Set(out), params);
        if (shortfall) return;
        const named = new Set(staked.filter(({ producer }) => producer).map(({ signer }) => signer));
        for (const { signer, producer } of committee.validators) expect(producer).toBe(named.has(signer));
      }),
    );
  });

  test("keeps what it was when nobody in the set may validate", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...signers)), (idle) => {
        const staked = idle.map((signer) => ({ signer, stake: 0n, producer: true }));
        expect(rotate(staked, genesis, new Set(), params)).toEqual({ committee: genesis, shortfall: "nobody" });
      }),
    );
  });

  test("has nobody proven faulty from the era after the next on, until the root chain has let it go (I-32)", () => {
    fc.assert(
      fc.property(story, (chapters) => {
        const eras = tell(chapters);
        chapters.forEach(({ staked, faulty }, i) => {
          const [before, era, after] = [eras[i], eras[i + 1], eras[i + 2]] as [Era, Era, Era | undefined];
          const seen = membersOf(before).filter(
            (each, index) => faulty.includes(each) || before.banned.includes(index),
          );
          for (const signer of seen) {
            expect(era.leftOut.includes(signer)).toBe(isCounted(staked, signer));
            const others = after && membersOf(after).some((each) => ![...before.leftOut, ...seen].includes(each));
            // Unless nobody else is left at all.
            if (after && others) expect(membersOf(after)).not.toContain(signer);
          }
          // Once left out it stays so for as long as it keeps its seat.
          for (const signer of before.leftOut) {
            if (!seen.includes(signer)) expect(era.leftOut.includes(signer)).toBe(isCounted(staked, signer));
          }
        });
      }),
    );
  });
});

describe("a recovery era", () => {
  test("is the same whatever a node knows of the eras before: the state of its key block names the committee", () => {
    fc.assert(
      fc.property(story, stakedSet, someSigners, (chapters, staked, ejected) => {
        const recovery = {
          generation: 1,
          keyBlock: { hash: hash("good"), height: 5 },
          start: timestamp(90_000),
          ejected,
          staked,
        };
        fc.pre(staked.some(({ stake }) => stake > 0n) && staked.some(({ producer, stake }) => producer && stake > 0n));
        const informed = recoveryEra((tell(chapters).at(-1) as Era).committee, recovery, rules);
        const ignorant = recoveryEra(genesis, recovery, rules);
        const { shortfall } = rotate(staked, genesis, new Set(), params);
        if (shortfall === undefined) expect(instanceOfEra(rules, informed).id).toBe(instanceOfEra(rules, ignorant).id);
        expect(ignorant.following).toEqual(ignorant.committee);
      }),
    );
  });
});

describe("a producer key", () => {
  const [signer, other] = signers as [Address, Address];
  const [key, second] = keys as [Address, Address];
  const member = (producerKey?: Address) => ({
    signer,
    weight: 5,
    producer: true,
    ...(producerKey ? { producerKey } : {}),
  });
  const another = { signer: other, weight: 5, producer: true };

  test("comes with the office, stays while nobody else is named, and goes with it", () => {
    const named = [{ signer, stake: 1n, ...inOfficeWith(key) }];
    const committee = rotate(named, genesis, new Set(), params).committee;
    expect(committee.validators).toEqual([{ signer, weight: 1_000_000, producer: true, producerKey: key }]);
    const nobody = [signer, other].map((each) => ({ signer: each, stake: 1n, producer: false }));
    const stayed = rotate(nobody, committee, new Set(), params).committee;
    expect(stayed.validators.find((each) => each.signer === signer)).toMatchObject(inOfficeWith(key));
    expect(stayed.validators.find((each) => each.signer === other)).toMatchObject({ producer: false });
  });

  test("takes the office along when it is convicted, and not when the key before it is", () => {
    const committee = createCommittee([member(key), another]);
    expect(withoutOffice(committee, [key]).validators.find((each) => each.signer === signer)).toEqual({
      signer,
      weight: 5,
      producer: false,
    });
    expect(withoutOffice(committee, [second])).toEqual(committee);
  });

  test("is part of the instance, so that nobody votes on blocks sealed by another one", () => {
    const hashes = [undefined, key, second].map((each) => hashCommittee(createCommittee([member(each)])).join());
    expect(new Set(hashes).size).toBe(3);
  });
});
