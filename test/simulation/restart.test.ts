import { describe, expect, it, test } from "vitest";
import { createKomaBft, type UnitHash, type WireUnit } from "../../src/consensus/index.ts";
import { conflictingFinals, type SimulatedNode, Simulation } from "../../src/simulation/index.ts";

function hashOf(node: SimulatedNode, { creator, seq }: WireUnit): UnitHash | undefined {
  return node.store.signedUnits().find((unit) => unit.creator === creator && unit.seq === seq)?.hash;
}

const four = { weights: [1, 1, 1, 1], thresholds: [1 / 3] };

describe("a validator that is killed and started again", () => {
  it("goes on where it was, from its store", () => {
    const simulation = new Simulation({ seed: 41, ...four });
    simulation.startAll();
    simulation.runFor(10_000);
    const node = simulation.node("v2");
    node.kill();
    simulation.runFor(5_000);
    node.start();
    simulation.runFor(10_000);
    expect(node.finalHeight(1)).toBeGreaterThan(18);
    expect(simulation.equivocators().size).toBe(0);
    expect(simulation.nodes.flatMap((each) => [...each.faults, ...each.disconnects, ...each.alarms])).toEqual([]);
  });

  test.each([51, 52, 53, 54])(
    "I-7, I-8 never equivocates, though it dies again and again between storing and sending (seed %i)",
    (seed) => {
      const simulation = new Simulation({ seed, ...four, loss: 0.05 });
      simulation.deathAfterPersist = 0.08;
      simulation.startAll();
      simulation.runFor(60_000);
      simulation.deathAfterPersist = 0;
      simulation.runFor(15_000);
      expect(simulation.trace.filter((line) => line.endsWith("killed")).length).toBeGreaterThan(10);
      expect(simulation.equivocators().size).toBe(0);
      expect(simulation.nodes.flatMap((each) => [...each.faults, ...each.alarms])).toEqual([]);
      expect(conflictingFinals(simulation)).toEqual([]);
      const before = simulation.nodes.map((each) => each.finalHeight(1));
      simulation.runFor(10_000);
      simulation.nodes.forEach((each, i) => {
        expect(each.finalHeight(1)).toBeGreaterThan((before[i] as number) + 4);
      });
    },
  );

  it("works when the whole network dies between storing and sending", () => {
    const simulation = new Simulation({ seed: 55, ...four });
    simulation.startAll();
    simulation.runFor(8_400);
    simulation.deathAfterPersist = 1;
    simulation.runFor(600);
    simulation.deathAfterPersist = 0;
    simulation.runFor(3_000);
    const before = simulation.node("v0").finalHeight(1);
    simulation.runFor(10_000);
    expect(simulation.node("v0").finalHeight(1)).toBeGreaterThan(before + 6);
    expect(simulation.equivocators().size).toBe(0);
  });

  test.each([
    { wait: "after listening", local: {} },
    { wait: "without listening", local: { listenMs: 0 } },
  ])("signs nothing more when its store is lost and peers know units it does not (amnesia, $wait)", ({ local }) => {
    const simulation = new Simulation({ seed: 56, ...four, local });
    simulation.startAll();
    simulation.runFor(10_000);
    simulation.node("v1").kill();
    const amnesiac = simulation.addTwin(1);
    simulation.runFor(2_000);
    amnesiac.start();
    simulation.runFor(20_000);
    expect(amnesiac.core.status(amnesiac.now).stopped).toBe(true);
    expect(amnesiac.alarms).toContainEqual(expect.objectContaining({ cause: "doppelganger" }));
    expect(simulation.equivocators().size).toBe(0);
    expect(amnesiac.finalHeight(1)).toBeGreaterThan(20);
  });
});

test("I-3 a store in which own units stand before what they cite resumes every final, and reports none again", () => {
  const simulation = new Simulation({ seed: 57, ...four });
  simulation.startAll();
  simulation.runFor(10_000);
  const node = simulation.node("v0");
  const { ownHead, finals } = node.store;
  const stored = node.store.units();
  const own = stored.filter(({ unit }) => unit.creator === node.index);
  const core = createKomaBft({ instance: simulation.instance, thresholds: [1 / 3] });
  // As after a crash that took what peers sent, which then came in again.
  const effects = core.restore({
    units: [...own, ...stored.filter((unit) => !own.includes(unit))],
    ownHead,
    finals: [...finals].map(([threshold, block]) => ({ threshold, block })),
  });
  expect(effects.filter(({ kind }) => kind === "finalize")).toEqual([]);
  expect(core.status(node.now).finals[0]?.last?.height).toBe(node.finalHeight(1));
  expect(core.status(node.now).units).toBe(stored.length);
});

test("I-3 a final block that is missing after a crash stays final, and nothing is reported until it is back", () => {
  const simulation = new Simulation({ seed: 58, ...four });
  simulation.startAll();
  simulation.runFor(10_000);
  const node = simulation.node("v0");
  const stored = node.store.units();
  const [threshold, block] = [...node.store.finals][0] ?? [];
  if (threshold === undefined || block === undefined) throw new Error("nothing is final");
  const core = createKomaBft({ instance: simulation.instance, thresholds: [1 / 3] });
  const from = stored.findIndex(({ unit }) => hashOf(node, unit) === block);
  const restored = core.restore({ units: stored.slice(0, from), finals: [{ threshold, block }] });
  expect(restored.filter(({ kind }) => kind === "finalize")).toEqual([]);
  core.start(node.now);
  const heights: number[] = [];
  for (const { unit, payload } of stored.slice(from)) {
    const effects = [
      ...core.handleMessage({ instance: simulation.instance.id, kind: "unit", unit, payload }, "v1", node.now),
    ];
    for (const effect of effects) {
      if (effect.kind === "validateBlock") effects.push(...core.resolveBlock(effect.block.unit, "valid", node.now));
      if (effect.kind === "finalize") heights.push(effect.block.height);
    }
  }
  expect(heights.filter((height) => height <= node.finalHeight(1))).toEqual([]);
  expect(core.status(node.now).finals[0]?.last?.unit).toBe(block);
});

describe("two of four", () => {
  it("I-23 gone: the others pause, nothing is final at 1/3 or forks; back: the chain goes on by itself", () => {
    const simulation = new Simulation({ seed: 61, ...four });
    simulation.startAll();
    simulation.runFor(10_000);
    for (const name of ["v1", "v3"]) simulation.node(name).kill();
    simulation.runFor(2_000);
    const stalled = simulation.node("v0").finalHeight(1);
    simulation.runFor(18_000);
    expect(simulation.node("v0").finalHeight(1)).toBe(stalled);
    // Half of the weight is silent for three maximal rounds: the others stop making units.
    const { paused, units } = simulation.node("v0").core.status(simulation.node("v0").now);
    expect(paused).toBe(true);
    simulation.runFor(5_000);
    expect(simulation.node("v0").core.status(simulation.node("v0").now).units).toBe(units);

    for (const name of ["v1", "v3"]) simulation.node(name).start();
    simulation.runFor(10_000);
    for (const node of simulation.nodes) expect(node.finalHeight(1)).toBeGreaterThan(stalled + 5);
    expect(conflictingFinals(simulation)).toEqual([]);
    expect(simulation.equivocators().size).toBe(0);
  });
});

describe("a node that joins late", () => {
  it("catches up with hundreds of rounds from its peers", () => {
    const simulation = new Simulation({ seed: 71, weights: [1, 1, 1, 1], thresholds: [1 / 3], absent: [2] });
    simulation.startAll();
    simulation.runFor(120_000);
    const late = simulation.addNode("v2", 2);
    late.start();
    simulation.runFor(12_000);
    expect(late.finalHeight(1)).toBeGreaterThan(simulation.node("v0").finalHeight(1) - 3);
    expect(simulation.node("v0").core.status(late.now).validators[2]?.seq).toBeGreaterThan(5);
  });
});

describe("a seed", () => {
  it("gives the same run twice, and another seed another", () => {
    const run = (seed: number) => {
      const simulation = new Simulation({ seed, ...four, loss: 0.1, maxDelayMs: 300 });
      simulation.deathAfterPersist = 0.02;
      simulation.startAll();
      simulation.runFor(20_000);
      return simulation.digest();
    };
    expect(run(81)).toBe(run(81));
    expect(run(82)).not.toBe(run(81));
  });
});
