import { describe, expect, it, test } from "vitest";
import { conflictingFinals, fractionFor, Simulation } from "../../src/simulation/index.ts";

/** Virtual time after which a block proposed then must be final at every live threshold. */
const SETTLE_MS = 6_000;

describe("I-22 Theorem 2: the chain final at t grows while f ≤ t and c < (N − 3t)/2", () => {
  // Greatest faults that each t bears; beyond them H = n − f − c falls below (n + t + 1)/2.
  test.each([
    { n: 4, t: 0, byzantine: 0, crashed: 1 },
    { n: 4, t: 1, byzantine: 1, crashed: 0 },
    { n: 7, t: 0, byzantine: 0, crashed: 3 },
    { n: 7, t: 1, byzantine: 1, crashed: 1 },
    { n: 7, t: 2, byzantine: 2, crashed: 0 },
    // One less than that is borne too.
    { n: 7, t: 0, byzantine: 0, crashed: 2 },
    { n: 7, t: 1, byzantine: 0, crashed: 1 },
    { n: 7, t: 2, byzantine: 1, crashed: 0 },
  ])("n = $n, t = $t: $byzantine mute, $crashed crashed", ({ n, t, byzantine, crashed }) => {
    const simulation = new Simulation({
      seed: 100 + 10 * n + t,
      weights: new Array(n).fill(1),
      thresholds: [fractionFor(t, n)],
      // The network behaves only later: before that there is no promise.
      loss: 0.3,
      maxDelayMs: 900,
      absent: Array.from({ length: crashed }, (_, i) => n - 1 - i),
    });
    for (let i = 0; i < byzantine; i++) simulation.node(`v${i}`).mute = true;
    simulation.startAll();
    simulation.runFor(10_000);
    simulation.network.loss = 0;
    simulation.network.maxDelayMs = 60;
    simulation.runFor(5_000);
    const heightsAtGst = simulation.nodes.map((node) => node.finalHeight(t));
    simulation.runFor(20_000);
    simulation.nodes.forEach((node, i) => {
      if (!node.mute) expect(node.finalHeight(t)).toBeGreaterThan((heightsAtGst[i] as number) + 5);
    });
    expect(conflictingFinals(simulation)).toEqual([]);
  });

  test.each([
    // One crash more than t bears, and a smaller t that goes on.
    { n: 4, t: 1, smaller: 0, crashed: 1, byzantine: 0, stillLive: true, note: "H = 3 bears both" },
    { n: 7, t: 2, smaller: 0, crashed: 3, byzantine: 0, stillLive: false, note: "H = 4 bears t = 0 only" },
    { n: 7, t: 2, smaller: 1, crashed: 2, byzantine: 0, stillLive: true, note: "H = 5 bears all three" },
  ])("n = $n with $crashed crashed: $note", ({ n, t, smaller, crashed, stillLive }) => {
    const simulation = new Simulation({
      seed: 200 + n + crashed,
      weights: new Array(n).fill(1),
      thresholds: [fractionFor(t, n), fractionFor(smaller, n)],
    });
    simulation.startAll();
    simulation.runFor(8_000);
    for (let i = 0; i < crashed; i++) simulation.node(`v${n - 1 - i}`).kill();
    simulation.runFor(SETTLE_MS);
    const alive = simulation.nodes.filter((node) => node.alive);
    const before = alive.map((node) => ({ strict: node.finalHeight(t), loose: node.finalHeight(smaller) }));
    simulation.runFor(20_000);
    alive.forEach((node, i) => {
      const at = before[i] as (typeof before)[number];
      expect(node.finalHeight(smaller)).toBeGreaterThan(at.loose + 5);
      if (stillLive) expect(node.finalHeight(t)).toBeGreaterThan(at.strict + 5);
      else expect(node.finalHeight(t)).toBe(at.strict);
    });
    expect(conflictingFinals(simulation)).toEqual([]);
  });

  it("I-22 finalises the block of every good round within ceil(log2(t + 2)) + 2 rounds", () => {
    const n = 7;
    const simulation = new Simulation({ seed: 300, weights: new Array(n).fill(1), thresholds: [fractionFor(2, n)] });
    simulation.startAll();
    for (const index of [5, 6]) simulation.node(`v${index}`).mute = true;
    simulation.runFor(40_000);
    const finals = simulation.node("v0").finalsAt(2);
    expect(finals.length).toBeGreaterThan(20);
    // Two of seven leaders are silent, so some rounds go by without a proposal; the bound counts led rounds.
    const ledSlots = new Set(finals.map(({ block }) => block.t));
    for (const { block, at } of finals) {
      const ledSince = [...ledSlots].filter((slot) => slot > block.t && slot + 1000 <= at).length;
      expect(ledSince).toBeLessThanOrEqual(Math.ceil(Math.log2(2 + 2)) + 2);
    }
  });
});

describe("an honest network", () => {
  it("of four finalises at 1/3 within 0.8 s of the slot, at level 1, and at 0.8 within 2 s", () => {
    const simulation = new Simulation({ seed: 1, weights: [1, 1, 1, 1], thresholds: [1 / 3, 0.8] });
    simulation.startAll();
    simulation.runFor(30_000);
    for (const node of simulation.nodes) {
      const third = node.finalsAt(1);
      expect(third.length).toBeGreaterThanOrEqual(28);
      for (const { block, at } of third) expect(at - block.t).toBeLessThan(800);
      for (const { block, at } of node.finalsAt(3)) expect(at - block.t).toBeLessThan(2000);
      expect(node.core.confidence(third[0]?.block.unit as never)?.level).toBeGreaterThanOrEqual(1);
    }
    expect(simulation.nodes.flatMap((node) => [...node.disconnects, ...node.alarms])).toEqual([]);
  });

  it("finalises at 1/3 within 0.4 s when witnesses need not wait, and as ever when somebody is silent", () => {
    const simulation = new Simulation({
      seed: 6,
      weights: [1, 1, 1, 1],
      thresholds: [1 / 3, fractionFor(0, 4)],
      local: { earlyWitness: true },
    });
    simulation.startAll();
    simulation.runFor(20_000);
    for (const node of simulation.nodes) {
      const third = node.finalsAt(1);
      expect(third.length).toBeGreaterThanOrEqual(18);
      // In the first slot nobody is known to be there yet.
      for (const { block, at } of third.slice(1)) expect(at - block.t).toBeLessThan(400);
    }
    simulation.node("v3").kill();
    simulation.runFor(10_000);
    const before = simulation.node("v0").finalHeight(0);
    simulation.runFor(10_000);
    expect(simulation.node("v0").finalHeight(0)).toBeGreaterThan(before + 5);
    expect(simulation.nodes.flatMap((node) => [...node.disconnects, ...node.alarms])).toEqual([]);
  });

  it("I-21 makes a proposal, a confirmation from everybody else and a witness from all in a round", () => {
    const simulation = new Simulation({ seed: 2, weights: [1, 1, 1, 1], thresholds: [1 / 3] });
    simulation.startAll();
    simulation.runFor(21_500);
    const { units, finals } = simulation.node("v0").core.status(simulation.node("v0").now);
    const rounds = finals[0]?.last?.height ?? 0;
    expect(rounds).toBeGreaterThanOrEqual(19);
    expect(units).toBeLessThanOrEqual(8 * (rounds + 2));
    expect(units).toBeGreaterThanOrEqual(8 * (rounds - 1));
  });

  it("bears clocks that differ by 80 ms", () => {
    const simulation = new Simulation({ seed: 3, weights: [1, 1, 1, 1], thresholds: [1 / 3] });
    simulation.node("v1").skewMs = 40;
    simulation.node("v2").skewMs = -40;
    simulation.startAll();
    simulation.runFor(20_000);
    for (const node of simulation.nodes) expect(node.finalHeight(1)).toBeGreaterThan(15);
  });

  it("goes on when one node's executor is too slow to confirm", () => {
    const simulation = new Simulation({ seed: 4, weights: [1, 1, 1, 1], thresholds: [1 / 3], executeMs: 20 });
    simulation.node("v3").executeMs = 2_500;
    simulation.startAll();
    simulation.runFor(30_000);
    expect(simulation.node("v0").finalHeight(1)).toBeGreaterThan(10);
    expect(conflictingFinals(simulation)).toEqual([]);
  });
});

describe("leaders that are gone", () => {
  const producersGone = { seed: 5, weights: [1, 1, 1, 1, 1, 1, 1], thresholds: [1 / 3], producers: [5, 6] };

  it("I-25 are replaced by stake after openGapSlots empty slots", () => {
    const simulation = new Simulation({ ...producersGone, params: { openGapSlots: 3 } });
    simulation.startAll();
    simulation.runFor(6_000);
    for (const name of ["v5", "v6"]) simulation.node(name).kill();
    const before = simulation.node("v0").finalHeight(2);
    simulation.runFor(60_000);
    expect(simulation.node("v0").finalHeight(2)).toBeGreaterThan(before + 5);
  });

  it("I-25 halt the chain when openGapSlots is 0", () => {
    const simulation = new Simulation({ ...producersGone, params: { openGapSlots: 0 } });
    simulation.startAll();
    simulation.runFor(6_000);
    for (const name of ["v5", "v6"]) simulation.node(name).kill();
    simulation.runFor(4_000);
    const before = simulation.node("v0").finalHeight(2);
    simulation.runFor(20_000);
    expect(simulation.node("v0").finalHeight(2)).toBe(before);
  });
});

describe("an equivocating validator", () => {
  test.each([
    { n: 4, to: "halves", kind: "equivocate" },
    { n: 4, to: "all", kind: "equivocatingLeader" },
    { n: 7, to: "halves", kind: "equivocate" },
    { n: 7, to: "halves", kind: "equivocatingLeader" },
  ] as const)("never stalls finality for more than three rounds: n = $n, $kind to $to", ({ n, to, kind }) => {
    for (let seed = 1; seed <= 4; seed++) {
      const simulation = new Simulation({
        seed,
        weights: new Array(n).fill(1),
        thresholds: [1 / 3],
        faults: [{ kind, to, validators: [0], from: 5_000 }],
      });
      simulation.startAll();
      simulation.runFor(40_000);
      expect([...simulation.equivocators()]).toEqual([0]);
      for (const node of simulation.nodes.slice(1)) {
        const times = [...node.finals.map(({ at }) => at), node.now];
        const longest = Math.max(...times.slice(1).map((at, i) => at - (times[i] as number)));
        // Rounds take a second: between two finals that are less than five apart lie at most three without one.
        expect(longest).toBeLessThan(5_000);
      }
    }
  });
});
