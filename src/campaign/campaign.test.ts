import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunReport, ScenarioPlan } from "../simulation/index.ts";
import { replayCommand, runCampaign, sumUp, writeDumps } from "./index.ts";

const plan: ScenarioPlan = {
  validators: 4,
  producers: 4,
  weights: "equal",
  thresholds: [1 / 3, 0.8],
  durationMs: 12_000,
  delayMs: 60,
  loss: 0.05,
  byzantine: 1,
  misdeeds: ["twoLives", "garbage"],
  crash: 0,
  restart: 1,
  partitionMs: 2_000,
  disturbances: ["reorder", "amnesia"],
  eras: 3,
  eraBlocks: 4,
};

describe("a campaign", () => {
  it("gives the same reports whatever the number of threads, in the order of seeds", { timeout: 120_000 }, async () => {
    const progress: number[] = [];
    const alone = await runCampaign({
      plan,
      seed: 5,
      runs: 4,
      workers: 1,
      onProgress: ({ share }) => progress.push(share),
    });
    const together = await runCampaign({ plan, seed: 5, runs: 4, workers: 3 });
    expect(together.reports).toEqual(alone.reports);
    expect(alone.reports.map(({ seed }) => seed)).toEqual([5, 6, 7, 8]);
    expect(new Set(alone.reports.map(({ digest }) => digest)).size).toBe(4);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    expect(sumUp(alone.reports)).toMatchObject({ runs: 4, safe: true, badSeeds: [], broken: [] });
  });

  it("ends with the reason it is stopped for", { timeout: 60_000 }, async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const endless = { ...plan, durationMs: 100_000_000 };
    const campaign = runCampaign({
      plan: endless,
      seed: 1,
      runs: 2,
      workers: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(campaign).rejects.toBe(reason);
  });
});

describe("the sum of a campaign", () => {
  const threshold = {
    fraction: 1 / 3,
    threshold: 1,
    promised: true,
    live: true,
    height: 9,
    latency: [[700, 9] as const, [900, 1] as const],
  };
  const good: RunReport = {
    seed: 1,
    digest: "0x",
    units: 100,
    eras: 2,
    adopted: 1,
    safety: { safe: true, equivocating: 1, conflicts: [] },
    broken: [],
    thresholds: [threshold],
  };

  it("takes percentiles over all runs", () => {
    const slow = { ...good, seed: 2, thresholds: [{ ...threshold, latency: [[2_000, 10] as const] }] };
    expect(sumUp([good, slow]).thresholds[0]).toMatchObject({
      samples: 20,
      latencyMs: { p50: 900, p95: 2_000, p99: 2_000 },
    });
  });

  it.each([
    [
      "competing finals",
      { safety: { safe: false, equivocating: 1, conflicts: [{ height: 3, threshold: 1 }] } },
      { safe: false, live: true },
    ],
    [
      "growth that was promised and did not come",
      { thresholds: [{ ...threshold, live: false }] },
      { safe: true, live: false },
    ],
    ["a broken invariant", { broken: ["I-3 v0 …"] }, { safe: true, live: true, broken: ["I-3 v0 … (seed 2)"] }],
  ])("names the seeds of runs with %s", (_, wrong, expected) => {
    expect(sumUp([good, { ...good, seed: 2, ...wrong }])).toMatchObject({ ...expected, badSeeds: [2] });
  });

  it("does not blame a threshold that nothing was promised for", () => {
    const stalled = { ...good, thresholds: [{ ...threshold, promised: false, live: false }] };
    expect(sumUp([stalled])).toMatchObject({
      live: true,
      badSeeds: [],
      thresholds: [{ promisedRuns: 0, liveRuns: 0 }],
    });
  });
});

describe("what is left of a bad run", () => {
  it("is written as a graph and a list of events", async () => {
    const folder = await mkdtemp(join(tmpdir(), "koma-campaign-"));
    try {
      const paths = await writeDumps(
        join(folder, "new"),
        new Map([[7, { dot: "digraph {}\n", events: "1 v0 made\n" }]]),
      );
      expect(await Promise.all(paths.map((path) => readFile(path, "utf8")))).toEqual(["digraph {}\n", "1 v0 made\n"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("can be run again with a command that names all there is to a run", () => {
    expect(replayCommand(plan, 7)).toBe(
      "consensus simulate --runs 1 --seed 7 --validators 4 --producers 4 --weights equal --threshold 0.3333333333333333 --threshold 0.8 " +
        "--byzantine 1 --misdeed twoLives --misdeed garbage --restart 1 --loss 0.05 --disturb reorder --disturb amnesia --eras 3 --era-blocks 4 --partition 2000ms --delay 60ms --duration 12000ms",
    );
  });
});
