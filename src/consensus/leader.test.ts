import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawnKey } from "../../test/support/draw-dag.ts";
import { addressOfKey, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createCommittee } from "./committee.ts";
import { createInstance, type Instance } from "./instance.ts";
import { isOpenSlot, leaderOf, producerOf, sealerOf } from "./leader.ts";

const params = {
  baseRoundMs: 1000,
  maxRoundExp: 4,
  eraMinBlocks: 0,
  eraMinMs: 0,
  weightScale: 1_000_000,
  maxLevel: 20,
  openGapSlots: 4,
  maxValidators: 150,
};

/** Six validators; those below `producers` are elected. */
function instanceWith(producers: number, more: { excluded?: readonly number[]; openGapSlots?: number } = {}): Instance {
  const validators = Array.from({ length: 6 }, (_, i) => ({
    signer: addressOfKey(drawnKey(i)),
    weight: i === 5 ? 1000 : 1,
    producer: i < producers,
  }));
  return createInstance({
    chainId: 80401n,
    genesisHash: keccakHash(utf8("leaders")),
    generation: 0,
    era: 0,
    keyBlock: { hash: keccakHash(utf8("key block")), height: 0 },
    eraStart: timestamp(0),
    seed: keccakHash(utf8("seed")),
    committee: createCommittee(validators),
    params: { ...params, openGapSlots: more.openGapSlots ?? 0 },
    excluded: more.excluded ?? [],
  });
}

const slots = Array.from({ length: 600 }, (_, i) => timestamp((i + 10) * 1000));
const leadersOf = (instance: Instance) => slots.map((slot) => leaderOf(instance, slot, undefined));

describe("leaderOf", () => {
  it("draws producers only, each about as often, whatever their stake", () => {
    const counts = new Map<number, number>();
    for (const leader of leadersOf(instanceWith(3))) counts.set(leader, (counts.get(leader) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([0, 1, 2]);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(60);
  });

  it("is known ahead for every slot that is not open", () => {
    const instance = instanceWith(3, { excluded: [1], openGapSlots: 4 });
    for (const slot of slots) {
      const parent = { t: timestamp(slot - 1000) } as Parameters<typeof leaderOf>[2];
      expect(producerOf(instance, slot)).toBe(leaderOf(instance, slot, parent));
    }
  });

  it("is the same on every call", () => {
    expect(leadersOf(instanceWith(3))).toEqual(leadersOf(instanceWith(3)));
  });

  it("I-11 gives only an excluded producer's slots to others", () => {
    const before = leadersOf(instanceWith(4));
    const after = leadersOf(instanceWith(4, { excluded: [2] }));
    before.forEach((leader, i) => {
      if (leader === 2) expect([0, 1, 3]).toContain(after[i]);
      else expect(after[i]).toBe(leader);
    });
  });

  it("I-11 does so for any producers and any of them excluded", () => {
    const some = slots.slice(0, 80);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.uniqueArray(fc.nat(5), { maxLength: 5 }),
        (producers, excluded) => {
          const left = Array.from({ length: producers }, (_, i) => i).filter((i) => !excluded.includes(i));
          const [all, without] = [instanceWith(producers), instanceWith(producers, { excluded })];
          for (const slot of some) {
            const before = leaderOf(all, slot, undefined);
            const after = leaderOf(without, slot, undefined);
            if (!excluded.includes(before)) expect(after).toBe(before);
            else if (left.length > 0) expect(left).toContain(after);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("draws by stake when no producer is left", () => {
    const leaders = leadersOf(instanceWith(1, { excluded: [0] }));
    expect(leaders.filter((leader) => leader === 5).length).toBeGreaterThan(550);
  });
});

describe("open slots", () => {
  it("I-25 begin after the gap, counted from the parent, and are drawn by stake", () => {
    const instance = instanceWith(2, { openGapSlots: 4 });
    expect(isOpenSlot(instance, timestamp(4000), undefined)).toBe(false);
    expect(isOpenSlot(instance, timestamp(5000), undefined)).toBe(true);
    expect(leadersOf(instance).filter((leader) => leader === 5).length).toBeGreaterThan(550);
  });

  it("never begin when the gap is 0", () => {
    const instance = instanceWith(2);
    expect(isOpenSlot(instance, timestamp(1_000_000), undefined)).toBe(false);
    expect(new Set(leadersOf(instance))).toEqual(new Set([0, 1]));
  });
});

describe("the instance id", () => {
  it("changes with everything that validity depends on", () => {
    const ids = [
      instanceWith(2),
      instanceWith(3),
      instanceWith(2, { excluded: [1] }),
      instanceWith(2, { openGapSlots: 4 }),
    ].map((instance) => instance.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(instanceWith(2).id).toBe(ids[0]);
  });
});

describe("sealerOf", () => {
  it("is a producer's key where it leads as a producer, and its signer key in an open slot", () => {
    const keyed = instanceWith(6, { openGapSlots: 4 });
    const producerKey = addressOfKey(drawnKey(9));
    const [first, second] = keyed.committee.validators;
    const committee = createCommittee(
      keyed.committee.validators.map((validator) => (validator === first ? { ...validator, producerKey } : validator)),
    );
    const instance = { ...keyed, committee };
    const parent = { t: timestamp(20_000) };
    expect(sealerOf(instance, 0, timestamp(24_000), parent)).toBe(producerKey);
    expect(sealerOf(instance, 0, timestamp(25_000), parent)).toBe(first?.signer);
    expect(sealerOf(instance, 0, timestamp(4_000), undefined)).toBe(producerKey);
    expect(sealerOf(instance, 1, timestamp(24_000), parent)).toBe(second?.signer);
    for (const slot of slots) expect(leaderOf(instance, slot, undefined)).toBe(leaderOf(keyed, slot, undefined));
  });
});
