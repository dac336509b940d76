import { describe, expect, it, test } from "vitest";
import { dagToDot } from "./dag-dot.ts";
import { deviators, type Fault } from "./fault.ts";
import { histogramOf, mergeHistograms, percentileOf, sampleCount } from "./latency-histogram.ts";
import { drawScenario, misdeeds, type ScenarioPlan } from "./scenario.ts";
import { Simulation } from "./simulation.ts";
import { isLivenessPromised } from "./verdicts.ts";
import { parseWeights, planWeights } from "./weights.ts";

describe("weights", () => {
  test("are equal, in proportion to 1 / rank, or as given", () => {
    expect(planWeights("equal", 3)).toEqual([1, 1, 1]);
    expect(planWeights("pareto", 3)).toEqual([545_455, 272_727, 181_818]);
    expect(planWeights([3, 2, 1], 3)).toEqual([3, 2, 1]);
  });

  test.each([
    ["equal", "equal"],
    ["pareto", "pareto"],
    ["3,2,1", [3, 2, 1]],
    ["3,2", undefined],
    ["3,2,0", undefined],
    ["3,2,-1", undefined],
    ["3,2,1.5", undefined],
    ["3,2,1000001", undefined],
    ["", undefined],
  ])("%j for three is %j", (text, plan) => {
    expect(parseWeights(text, 3)).toEqual(plan);
  });
});

describe("latencies", () => {
  it("fall into buckets of 10 ms, and percentiles are those of all runs together", () => {
    const merged = mergeHistograms([histogramOf([1, 10, 11, 700]), histogramOf([10, 20])]);
    expect(merged).toEqual([
      [10, 3],
      [20, 2],
      [700, 1],
    ]);
    expect(sampleCount(merged)).toBe(6);
    expect([0, 0.5, 0.51, 0.99].map((share) => percentileOf(merged, share))).toEqual([10, 10, 20, 700]);
    expect(percentileOf([], 0.5)).toBeUndefined();
  });
});

describe("what Theorem 2 promises", () => {
  test.each([
    { total: 7, t: 2, byzantine: 2, crashed: 0, promised: true },
    { total: 7, t: 2, byzantine: 0, crashed: 1, promised: false },
    { total: 7, t: 1, byzantine: 1, crashed: 1, promised: true },
    { total: 7, t: 1, byzantine: 1, crashed: 2, promised: false },
    { total: 7, t: 0, byzantine: 0, crashed: 3, promised: true },
    { total: 9, t: 3, byzantine: 0, crashed: 0, promised: false },
  ])("N = $total, t = $t, f = $byzantine, c = $crashed: $promised", ({ total, t, byzantine, crashed, promised }) => {
    expect(isLivenessPromised(t, { total, byzantine, crashed })).toBe(promised);
  });
});

describe("a scenario", () => {
  const plan: ScenarioPlan = {
    validators: 10,
    producers: 5,
    weights: "pareto",
    thresholds: [1 / 3],
    durationMs: 60_000,
    delayMs: 60,
    loss: 0.1,
    byzantine: 3,
    misdeeds,
    crash: 2,
    restart: 4,
    partitionMs: 8_000,
    disturbances: ["delay"],
    eras: 0,
    eraBlocks: 8,
  };

  it("is drawn by its seed alone, and survives a thread or a file", () => {
    const drawn = drawScenario(plan, 7);
    expect(drawScenario(plan, 7)).toEqual(drawn);
    expect(drawScenario(plan, 8).faults).not.toEqual(drawn.faults);
    expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
  });

  it("has as many of each as asked for, and only the crashed and Byzantine stay gone in its second half", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { faults, calmAfterMs } = drawScenario(plan, seed);
      const { byzantine, crashed } = deviators(faults);
      expect([byzantine.size, crashed.size]).toEqual([3, 2]);
      const passing = faults.filter((fault) => fault.kind === "drop" || fault.kind === "partition");
      expect(passing).toHaveLength(2);
      for (const fault of passing) expect("until" in fault && (fault.until ?? 0) <= calmAfterMs).toBe(true);
    }
  });
});

test("faults that are known by their kind alone make a validator Byzantine; dying for good does not", () => {
  const faults: Fault[] = [
    { kind: "mute", validators: [1], from: 0 },
    { kind: "crash", validators: [2, 1], from: 0 },
    { kind: "crash", validators: [3], from: 0, until: 9 },
    { kind: "clockSkew", validators: [4], aheadMs: 9, from: 0 },
  ];
  expect(deviators(faults)).toEqual({ byzantine: new Set([1]), crashed: new Set([2]) });
});

test("a DAG as a graph has a row per validator, boxes for blocks, and no arrow that another implies", () => {
  const simulation = new Simulation({ seed: 1, weights: [1, 1, 1, 1], thresholds: [1 / 3] });
  simulation.startAll();
  simulation.runFor(2_900);
  const units = simulation.node("v0").store.signedUnits();
  const dot = dagToDot(units, 'seed "1"');
  expect(dot.match(/subgraph cluster_/g)).toHaveLength(4);
  expect(dot.match(/\[label="\d+\.\d+\\n/g)).toHaveLength(units.length);
  expect(dot.match(/shape=box/g)).toHaveLength(units.filter(({ body }) => body.blockHash !== undefined).length);
  const citations = units.reduce((sum, { hashes }) => sum + hashes.length, 0);
  expect((dot.match(/ -> /g) ?? []).length).toBeLessThan(citations);
  expect(dot).toContain('label="seed \\"1\\""');
});

test("two fractions that are one weight in a small committee report a final block once", () => {
  const simulation = new Simulation({ seed: 1, weights: [1, 1, 1, 1], thresholds: [1 / 3, 0.5] });
  simulation.startAll();
  simulation.runFor(8_000);
  const heights = simulation
    .node("v0")
    .finalsAt(1)
    .map(({ block }) => block.height);
  expect(heights).toEqual(heights.map((_, i) => i + 1));
  expect(heights.length).toBeGreaterThan(4);
});
