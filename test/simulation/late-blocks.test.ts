import { expect, it } from "vitest";
import { brokenInvariants, conflictingFinals, type Fault, Simulation } from "../../src/simulation/index.ts";

const HIDDEN_FROM = 5_000;
/** Blocks of one producer that are run at once although they were overtaken, and in every round after. */
const BURST = 8;
const PER_ROUND = 2;

/** Four validators of which two lead; the first is heard by nobody for a while. */
function hidden(until: number, fault: (span: { from: number; until: number }) => Fault): Simulation {
  const simulation = new Simulation({
    seed: 17,
    weights: [1, 1, 1, 1],
    thresholds: [1 / 3],
    producers: [0, 1],
    params: { maxRoundExp: 0 },
    faults: [fault({ from: HIDDEN_FROM, until })],
  });
  simulation.startAll();
  simulation.runFor(until);
  return simulation;
}

/** Blocks of the first validator that another one has run. */
function blocksRun(simulation: Simulation, by: string): number {
  return [...simulation.node(by).store.units()].filter(({ unit }) => unit.creator === 0 && unit.body.blockHash).length;
}

it("a producer that hides its blocks for a minute has eight of them run when it shows them, and two a round after", () => {
  const simulation = hidden(65_000, (span) => ({ kind: "oneWay", senders: [0], ...span }));
  const others = ["v1", "v2", "v3"];
  const before = new Map(others.map((name) => [name, blocksRun(simulation, name)]));
  const shown = blocksRun(simulation, "v0");
  expect(shown - (before.get("v1") as number)).toBeGreaterThan(3 * BURST);
  const height = simulation.node("v1").finalHeight(1);
  const progress: number[] = [];
  for (let second = 1; second <= 8; second++) {
    simulation.runFor(1_000);
    for (const name of others) {
      const ran = blocksRun(simulation, name) - (before.get(name) as number);
      expect(ran).toBeLessThanOrEqual(BURST + PER_ROUND * second + 1);
      if (name === "v1") progress.push(ran);
    }
  }
  expect(progress[0]).toBeLessThan(2 * BURST);
  expect(progress.at(-1)).toBeGreaterThan(BURST);
  // Meanwhile the others go on in the slots of the second producer.
  expect(simulation.node("v1").finalHeight(1)).toBeGreaterThan(height + 3);
  simulation.runFor(12_000);
  for (const name of others) expect(blocksRun(simulation, name)).toBeGreaterThanOrEqual(shown);
  const caughtUp = simulation.node("v1").finalHeight(1);
  simulation.runFor(10_000);
  for (const node of simulation.nodes) expect(node.finalHeight(1)).toBeGreaterThanOrEqual(caughtUp + 9);
  expect(conflictingFinals(simulation)).toEqual([]);
  expect(brokenInvariants(simulation, new Set())).toEqual([]);
});

it("an honest producer that was cut off for five seconds is back within two rounds", () => {
  const simulation = hidden(10_000, (span) => ({ kind: "partition", groups: [[0], [1, 2, 3]], ...span }));
  const shown = blocksRun(simulation, "v0");
  expect(shown - blocksRun(simulation, "v1")).toBeGreaterThan(0);
  simulation.runFor(2_000);
  expect(blocksRun(simulation, "v1")).toBeGreaterThanOrEqual(shown);
  const now = simulation.node("v0").store.ownHead?.seq as number;
  simulation.runFor(500);
  const seen = [...simulation.node("v1").store.units()].filter(({ unit }) => unit.creator === 0).at(-1)?.unit.seq;
  expect(seen).toBeGreaterThanOrEqual(now);
});
