import { describe, expect, it } from "vitest";

import { conflictingFinals, EPOCH, Simulation } from "../../src/simulation/index.ts";

const five = { weights: [1, 1, 1, 1, 1], thresholds: [1 / 3], params: { maxRoundExp: 3 } };

function exponents(simulation: Simulation): readonly number[] {
  return simulation.nodes.map((node) => node.core.status(node.now).roundExp as number);
}

describe("round lengths of an honest network (I-26)", () => {
  it("grow until messages fit, stay within one of each other, and shrink again", () => {
    const simulation = new Simulation({ seed: 501, ...five, minDelayMs: 300, maxDelayMs: 1_100 });
    simulation.startAll();
    // Confirmations that take up to a second cannot come back within the first two thirds of a second.
    simulation.runFor(300_000);
    const grown = exponents(simulation);
    expect(Math.min(...grown)).toBeGreaterThanOrEqual(1);
    for (let i = 0; i < 60; i++) {
      simulation.runFor(5_000);
      const now = exponents(simulation);
      expect(Math.max(...now) - Math.min(...now)).toBeLessThanOrEqual(1);
    }
    simulation.network.maxDelayMs = 310;
    simulation.runFor(900_000);
    expect(exponents(simulation)).toEqual([0, 0, 0, 0, 0]);
    expect(conflictingFinals(simulation)).toEqual([]);
    // Units that changed their length within a round would be invalid: somebody would have been disconnected.
    expect(simulation.nodes.flatMap((node) => [...node.disconnects, ...node.alarms])).toEqual([]);
    const before = simulation.node("v0").finalHeight(1);
    simulation.runFor(20_000);
    expect(simulation.node("v0").finalHeight(1)).toBeGreaterThan(before + 16);
  });

  it("survive a restart: a validator goes on with the exponent of its last unit", () => {
    const simulation = new Simulation({ seed: 502, ...five, minDelayMs: 300, maxDelayMs: 1_100 });
    simulation.startAll();
    simulation.runFor(300_000);
    const node = simulation.node("v2");
    const before = node.core.status(node.now).roundExp as number;
    expect(before).toBeGreaterThanOrEqual(1);
    node.kill();
    simulation.runFor(1_000);
    node.start();
    expect(node.core.status(node.now).roundExp).toBe(before);
    simulation.runFor(60_000);
    expect(simulation.nodes.flatMap((each) => [...each.disconnects, ...each.alarms])).toEqual([]);
  });

  it("carry over into another era what was learnt", () => {
    const rounds = new Array<boolean>(39).fill(true);
    const simulation = new Simulation({ seed: 503, ...five, local: { roundLength: { roundExp: 2, rounds } } });
    simulation.startAll();
    expect(exponents(simulation)).toEqual([2, 2, 2, 2, 2]);
    expect(simulation.node("v0").core.status(simulation.node("v0").now).roundLength).toEqual({ roundExp: 2, rounds });
    // One more good round fills the window; the first multiple of 40 rounds after it makes rounds shorter.
    const grid = 40 * 4_000;
    simulation.runFor(grid - (EPOCH % grid) + 1_000);
    expect(exponents(simulation)).toEqual([1, 1, 1, 1, 1]);
  });

  it("stay as they are where the genesis pins them", () => {
    const simulation = new Simulation({
      seed: 504,
      ...five,
      params: { maxRoundExp: 0 },
      minDelayMs: 300,
      maxDelayMs: 1_100,
    });
    simulation.startAll();
    simulation.runFor(120_000);
    expect(exponents(simulation)).toEqual([0, 0, 0, 0, 0]);
  });
});
