import { describe, expect, it, test } from "vitest";
import { conflictingFinals, fractionFor, Simulation } from "../../src/simulation/index.ts";

/** Every threshold weight of a committee of `n` equal validators. */
function allThresholds(n: number): number[] {
  return Array.from({ length: n }, (_, t) => fractionFor(t, n));
}

/** Nodes by name on two sides that cannot hear each other. */
function split(simulation: Simulation, left: readonly string[]): void {
  const others = simulation.nodes.map((node) => node.name).filter((name) => !left.includes(name));
  simulation.network.sides = [new Set(left), new Set(others)];
}

describe("I-1 Theorem 1: no two competing blocks are final while at most t equivocate", () => {
  test.each([
    // One equivocator between two sides: n, its honest neighbours on the left.
    { n: 4, seed: 11, left: ["v1"] },
    { n: 4, seed: 12, left: ["v1", "v2"] },
    { n: 7, seed: 13, left: ["v1", "v2", "v3"] },
    { n: 7, seed: 14, left: ["v1"] },
  ])("n = $n, one equivocates across a split (seed $seed)", ({ n, seed, left }) => {
    const simulation = new Simulation({
      seed,
      weights: new Array(n).fill(1),
      thresholds: allThresholds(n),
      // Long maximal rounds: nobody pauses while the other side is silent.
      params: { maxRoundExp: 4 },
      loss: 0.02,
    });
    const honest = simulation.nodes.map((node) => node.name).filter((name) => name !== "v0");
    const lives = [simulation.node("v0"), simulation.addTwin(0)] as const;
    for (const life of lives) life.links = new Set(honest);
    simulation.startAll();
    // Everybody has heard of everybody, nobody has signed a unit yet.
    simulation.runFor(500);
    lives[0].links = new Set(left);
    lives[1].links = new Set(honest.filter((name) => !left.includes(name)));
    split(simulation, ["v0", ...left]);
    simulation.runFor(15_000);
    expect([...simulation.equivocators()]).toEqual([0]);
    // The split heals, the two lives of v0 are found out.
    simulation.network.sides = undefined;
    simulation.runFor(12_000);
    for (const { threshold } of conflictingFinals(simulation)) expect(threshold).toBeLessThan(1);
    for (const node of simulation.nodes.filter((each) => each.index !== 0)) {
      expect(node.faults).toEqual([0]);
      expect(node.core.status(node.now).faultyWeight).toBe(1);
    }
  });

  it("holds in its general form when more equivocate than t: what breaks had less to break", () => {
    // Two of four equivocate across a split: each side has three of four, so both may finalise at t = 1.
    const simulation = new Simulation({ seed: 15, weights: [1, 1, 1, 1], thresholds: allThresholds(4) });
    for (const index of [0, 1]) simulation.addTwin(index);
    split(simulation, ["v0", "v1", "v2"]);
    simulation.startAll();
    simulation.runFor(20_000);
    const equivocating = simulation.equivocators().size;
    expect(equivocating).toBe(2);
    const conflicts = conflictingFinals(simulation);
    expect(conflicts.some(({ threshold }) => threshold === 1)).toBe(true);
    for (const { threshold } of conflicts) expect(threshold).toBeLessThan(equivocating);

    // When both sides meet, every honest node notices that its threshold of 1 is worth nothing any more.
    simulation.network.sides = undefined;
    simulation.runFor(15_000);
    for (const name of ["v2", "v3"]) {
      const { alarms } = simulation.node(name);
      expect(alarms).toContainEqual(expect.objectContaining({ cause: "thresholdExceeded", threshold: 1 }));
      expect(alarms).toContainEqual(expect.objectContaining({ cause: "faultyMajority" }));
    }
  });

  test.each([21, 22, 23])("n = 4, all honest, with loss, long delays and moving partitions (seed %i)", (seed) => {
    const simulation = new Simulation({
      seed,
      weights: [3, 2, 2, 1],
      thresholds: allThresholds(8),
      loss: 0.15,
      maxDelayMs: 1500,
    });
    simulation.startAll();
    for (const left of [["v0", "v1"], ["v0"], ["v3", "v1"], ["v2", "v3", "v0"]]) {
      split(simulation, left);
      simulation.runFor(6_000);
    }
    simulation.network.sides = undefined;
    simulation.network.loss = 0;
    simulation.network.maxDelayMs = 60;
    simulation.runFor(15_000);
    expect(simulation.equivocators().size).toBe(0);
    expect(conflictingFinals(simulation)).toEqual([]);
    const heights = simulation.nodes.map((node) => node.finalHeight(2));
    expect(Math.min(...heights)).toBeGreaterThan(5);
    expect(simulation.nodes.flatMap((node) => [...node.disconnects, ...node.faults, ...node.alarms])).toEqual([]);
  });
});

describe("finals of a node", () => {
  it("I-3 come in height order, without gaps, once, each the child of the one before", () => {
    const simulation = new Simulation({ seed: 31, weights: [1, 1, 1, 1], thresholds: allThresholds(4), loss: 0.1 });
    simulation.startAll();
    simulation.runFor(30_000);
    for (const node of simulation.nodes) {
      for (const threshold of [0, 1, 2]) {
        const finals = node.finalsAt(threshold);
        finals.forEach(({ block }, i) => {
          expect(block.height).toBe(i + 1);
          expect(block.parent).toBe(finals[i - 1]?.block.unit);
        });
        expect(finals.length).toBeGreaterThan(10);
      }
    }
  });
});
