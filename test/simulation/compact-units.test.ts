import { expect, test } from "vitest";
import { brokenInvariants, deviators, type Fault, fractionFor, Simulation } from "../../src/simulation/index.ts";

const N = 18;
const T = 5;

function run(faults: readonly Fault[], ms: number): Simulation {
  const simulation = new Simulation({
    seed: 3,
    weights: new Array(N).fill(1),
    thresholds: [fractionFor(T, N)],
    faults,
  });
  simulation.startAll();
  simulation.runFor(ms);
  return simulation;
}

test("a committee above 16 sends its units without hashes, and they are whole where they arrive", () => {
  const simulation = run([], 6_000);
  const [first] = simulation.nodes;
  const units = first?.store.signedUnits() ?? [];
  expect(units.length).toBeGreaterThan(150);
  expect(units.filter(({ body, hashes }) => body.observations.some((seen) => seen > 1) && hashes.length === 0)).toEqual(
    [],
  );
  // With their hashes units of this size take 33 bytes more for each of 18 citations.
  expect(simulation.traffic.bytes / (N - 1) / units.length).toBeLessThan(400);
  expect(brokenInvariants(simulation, new Set())).toEqual([]);
  for (const node of simulation.nodes) expect(node.finalHeight(T)).toBeGreaterThanOrEqual(4);
});

test("lost units, a restart, an amnesiac and forks cost such a committee nothing but time", () => {
  const faults: readonly Fault[] = [
    { kind: "drop", share: 0.1, from: 1_000, until: 5_000 },
    { kind: "crash", validators: [5], from: 2_000, until: 6_000 },
    { kind: "crash", validators: [6], store: "lost", from: 3_000, until: 7_000 },
    { kind: "equivocate", validators: [0], to: "halves", from: 2_500, until: 6_000 },
    { kind: "withholdDependencies", validators: [1], from: 2_500, until: 6_000 },
  ];
  // Between the last witnesses of a round and the next proposal nothing is under way.
  const simulation = run(faults, 12_950);
  const { byzantine } = deviators(faults);
  expect(brokenInvariants(simulation, byzantine)).toEqual([]);
  const honest = simulation.nodes.filter(({ index }) => !byzantine.has(index));
  for (const node of honest) {
    expect(node.finalHeight(T)).toBeGreaterThanOrEqual(7);
    const { pendingUnits, synced } = node.core.status(node.now);
    expect(synced).toBe(true);
    // What the two cheats started and nobody can finish is forgotten after ten seconds.
    expect(pendingUnits).toBeLessThan(4);
  }
});
