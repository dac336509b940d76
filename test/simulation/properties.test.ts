import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  brokenInvariants,
  createPrng,
  deviators,
  type Fault,
  fractionFor,
  type Prng,
  Simulation,
} from "../../src/simulation/index.ts";

const N = 5;
const ALL_THRESHOLDS = Array.from({ length: N }, (_, t) => fractionFor(t, N));
const END = 9_000;

/** Chance that shrinks: the list decides first, then a seeded source; a shorter list and smaller numbers are calmer runs. */
function steered(choices: readonly number[], seed: number): Prng {
  const rest = createPrng(seed);
  let at = 0;
  const next = () => {
    const choice = choices[at++];
    return choice === undefined ? rest.next() : choice / 1_000;
  };
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (items) => items[Math.floor(next() * items.length)],
  };
}

const steering = fc.record({
  choices: fc.array(fc.nat(999), { maxLength: 400 }),
  seed: fc.nat(2 ** 31),
});
const span = fc.record({ from: fc.integer({ min: 500, max: 5_000 }), length: fc.integer({ min: 200, max: 4_000 }) });
const someone = fc.uniqueArray(fc.nat(N - 1), { minLength: 1, maxLength: 3 });
const groups = fc
  .array(fc.nat(2), { minLength: N, maxLength: N })
  .map((sides) => [0, 1, 2].map((side) => sides.flatMap((of, index) => (of === side ? [index] : []))));

/** Anything that may go wrong, Byzantine or not. */
const anyFault: fc.Arbitrary<Fault> = fc
  .tuple(span, someone, groups, fc.nat(13), fc.integer({ min: 1, max: 9 }))
  .map(([{ from, length }, validators, sides, kind, strength]): Fault => {
    const during = { from, until: from + length };
    switch (kind) {
      case 0:
        return { kind: "crash", validators, ...during };
      case 1:
        return { kind: "crashAfterPersist", validators, chance: strength / 10, ...during };
      case 2:
        return { kind: "clockJump", validators, byMs: strength * 300 - 1_500, from };
      case 3:
        return { kind: "equivocate", to: strength % 2 === 0 ? "all" : "halves", validators, ...during };
      case 4:
        return { kind: "equivocatingLeader", to: strength % 2 === 0 ? "all" : "halves", validators, ...during };
      case 5:
        return { kind: "twoLives", validators, groups: [sides[0] ?? [], sides[1] ?? []], ...during };
      case 6:
        return { kind: "withholdDependencies", validators, ...during };
      case 7:
        return { kind: "delay", minMs: 0, maxMs: strength * 300, senders: validators, ...during };
      case 8:
        return { kind: "drop", share: strength / 10, ...during };
      case 9:
        return { kind: "reorder", share: 0.5, byMs: strength * 100, ...during };
      case 10:
        return { kind: "oneWay", senders: validators, ...during };
      case 11:
        return { kind: "forkBomb", validators, from };
      case 12:
        return { kind: "endorsementFlood", validators, perSecond: strength * 20, ...during };
      default:
        return { kind: "partition", groups: sides, ...during };
    }
  });

describe("whatever goes wrong, and however messages are ordered", () => {
  test("I-1, I-2, I-3, I-4, I-6, I-7, I-8, I-9, I-21 hold, and over eras I-31, I-32, I-33", {
    timeout: 240_000,
  }, () => {
    const faultsOf = fc.array(anyFault, { maxLength: 6 });
    // Of 0 the era has no end; of 3 the run crosses two or three borders.
    fc.assert(
      fc.property(steering, faultsOf, fc.constantFrom(0, 3), ({ choices, seed }, faults, eraMinBlocks) => {
        const simulation = new Simulation({
          seed,
          chance: steered(choices, seed),
          weights: new Array(N).fill(1),
          thresholds: ALL_THRESHOLDS,
          params: { eraMinBlocks },
          faults,
        });
        simulation.startAll();
        simulation.runFor(eraMinBlocks > 0 ? END + 2_000 : END);
        expect(brokenInvariants(simulation, deviators(faults).byzantine)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});

describe("I-24 a partition of any shape", () => {
  test("lets no two blocks compete, and after it the chain goes on within a few rounds", { timeout: 240_000 }, () => {
    fc.assert(
      fc.property(steering, groups, fc.integer({ min: 1_000, max: 6_000 }), ({ choices, seed }, sides, length) => {
        const healed = 3_000 + length;
        const simulation = new Simulation({
          seed,
          chance: steered(choices, seed),
          weights: [3, 1, 2, 1, 1],
          thresholds: [fractionFor(0, 8), fractionFor(2, 8)],
          faults: [{ kind: "partition", groups: sides, from: 3_000, until: healed }],
        });
        simulation.startAll();
        simulation.runFor(healed + 8_000);
        expect(brokenInvariants(simulation, new Set())).toEqual([]);
        for (const node of simulation.nodes) {
          const sinceThen = node.finalsAt(2).filter(({ block }) => block.t > simulation.now - 8_000);
          expect(sinceThen.length).toBeGreaterThan(2);
          // Rounds are as short as they were: nobody has got stuck in long ones.
          const { round, slot } = node.core.status(node.now);
          expect(slot - round).toBe(0);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("I-7 an honest validator never equivocates", () => {
  test("in 200 seeds of deaths between storing and sending, alone or of everybody at once", {
    timeout: 240_000,
  }, () => {
    let deaths = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const faults: Fault[] = [
        { kind: "crashAfterPersist", chance: 0.15, validators: [0, 1, 2, 3], from: 0, until: 5_000 },
        { kind: "crash", validators: [seed % 4], from: 1_000 + 13 * seed, until: 4_500 },
      ];
      const simulation = new Simulation({ seed, weights: [1, 1, 1, 1], thresholds: [1 / 3], faults });
      simulation.startAll();
      simulation.runFor(6_000);
      deaths += simulation.nodes.reduce((sum, node) => sum + node.crashes, 0);
      expect(brokenInvariants(simulation, new Set()), `seed ${seed}`).toEqual([]);
      expect(simulation.equivocators().size).toBe(0);
      expect(simulation.nodes.flatMap((node) => node.alarms)).toEqual([]);
    }
    expect(deaths).toBeGreaterThan(600);
  });
});

describe("I-30 what a node keeps for others is bounded", () => {
  const limits = { maxPendingUnits: 40, maxPendingPerCreator: 12 };

  test("by the units there are, whatever is endorsed", () => {
    const flood: Fault = { kind: "endorsementFlood", perSecond: 500, validators: [4], from: 2_000 };
    const simulation = new Simulation({
      seed: 31,
      weights: [1, 1, 1, 1, 1],
      thresholds: [fractionFor(1, 5)],
      faults: [flood],
    });
    simulation.startAll();
    simulation.runFor(8_000);
    const { store } = simulation.node("v0");
    // Three thousand were sent; those of invented units are never written down, of others one for each.
    expect(store.endorsements().length).toBeGreaterThan(30);
    expect(store.endorsements().length).toBeLessThanOrEqual(store.size);
    expect(store.endorsements().every(({ unit, endorser }) => endorser === 4 && store.has(unit))).toBe(true);
    expect(simulation.node("v0").finalsAt(1).at(-1)?.block.t).toBeGreaterThan(simulation.now - 3_000);
    expect(brokenInvariants(simulation, deviators([flood]).byzantine)).toEqual([]);
  });

  test("by its caps, under garbage, repetition, withheld dependencies and forks, and it goes on", () => {
    const faults: Fault[] = [
      { kind: "garbage", perSecond: 200, validators: [5], from: 2_000 },
      { kind: "withholdDependencies", validators: [6], from: 2_000 },
      { kind: "duplicate", share: 0.5, from: 2_000 },
      { kind: "reorder", share: 0.3, byMs: 1_500, from: 2_000, until: 12_000 },
      { kind: "forkBomb", validators: [5, 6], from: 9_000 },
    ];
    const simulation = new Simulation({
      seed: 30,
      weights: new Array(7).fill(1),
      thresholds: [fractionFor(2, 7)],
      local: limits,
      faults,
    });
    simulation.startAll();
    let most = 0;
    for (let ms = 0; ms < 20_000; ms += 100) {
      simulation.runFor(100);
      for (const { core, now, index } of simulation.nodes) {
        const { pendingUnits, units } = core.status(now);
        if (index < 5) most = Math.max(most, pendingUnits);
        expect(pendingUnits).toBeLessThanOrEqual(limits.maxPendingUnits);
        // Two units a round from everybody, and once the forks of the conspirators.
        expect(units).toBeLessThanOrEqual(2 * 7 * (ms / 1_000 + 2) + 6);
      }
    }
    expect(most).toBeGreaterThan(0);
    expect(brokenInvariants(simulation, deviators(faults).byzantine)).toEqual([]);
    const finals = simulation.node("v0").finalsAt(2);
    expect(finals.at(-1)?.block.t).toBeGreaterThan(simulation.now - 5_000);
  });
});
