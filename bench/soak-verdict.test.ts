import { describe, expect, it } from "vitest";
import { judgeSoak, type SoakMinute, type SoakRun, warmUpMinutes } from "./soak-verdict.ts";

const CHECKPOINT = 16n;

function minute(changes: Partial<SoakMinute> = {}): SoakMinute {
  const inclusionMs = [500, 600, 700];
  return {
    ...{ sent: 3, refused: 0, inclusionMs, memoryMib: [200, 210], rootChainMib: 50, checkpoints: 4, waitingBlocks: 17 },
    ...changes,
  };
}

function run(changes: Partial<SoakRun> = {}): SoakRun {
  const checkpoints = [0n, 1n, 2n, 3n].map((i) => ({
    start: 1n + i * CHECKPOINT,
    end: (i + 1n) * CHECKPOINT,
    state: "final",
  }));
  return { minutes: Array.from({ length: 9 }, () => minute()), checkpointEvery: 16, checkpoints, lost: 0, ...changes };
}

/** Names of the criteria that were missed, by their first word. */
function missed(of: SoakRun): readonly string[] {
  return judgeSoak(of).flatMap(({ name, met }) => (met ? [] : [name]));
}

describe("the verdict on a long run", () => {
  it("is met by one without an event", () => {
    expect(missed(run())).toEqual([]);
  });

  it("does not count memory while the nodes warm up, and counts it after", () => {
    const grow = (at: number) =>
      Array.from({ length: 9 }, (_, i) => minute({ memoryMib: [200, i === at ? 240 : 210] }));
    expect(warmUpMinutes(9)).toBe(3);
    expect(warmUpMinutes(60)).toBe(15);
    expect(missed(run({ minutes: grow(2) }))).toEqual([]);
    expect(missed(run({ minutes: grow(3) }))).toEqual([expect.stringContaining("memory")]);
  });

  it("takes no single sample for flat", () => {
    expect(missed(run({ minutes: [minute(), minute()] }))).toEqual([expect.stringContaining("memory")]);
  });

  it("misses a checkpoint that is rejected, leaves a gap, or is late", () => {
    const { checkpoints } = run();
    const rejected = checkpoints.map((one, i) => (i === 3 ? { ...one, state: "rejected" } : one));
    const gap = checkpoints.filter((_, i) => i !== 1);
    const late = [...run().minutes.slice(1), minute({ waitingBlocks: 33 })];
    for (const changed of [{ checkpoints: rejected }, { checkpoints: gap }, { checkpoints: [] }, { minutes: late }]) {
      expect(missed(run(changed))).toEqual(["no checkpoint missed"]);
    }
  });

  it("misses slow inclusion by its last hundredth, not by its last", () => {
    const slow = (count: number) => {
      const inclusionMs = Array.from({ length: 900 }, (_, i) => (i < count ? 3_500 : 500));
      return run({ minutes: [...run().minutes.slice(1), minute({ inclusionMs })] });
    };
    expect(missed(slow(9))).toEqual([]);
    expect(missed(slow(10))).toEqual([expect.stringContaining("p99")]);
  });

  it("misses lost and refused transactions", () => {
    expect(missed(run({ lost: 1 }))).toEqual(["no transaction lost"]);
    expect(missed(run({ minutes: [...run().minutes.slice(1), minute({ refused: 1 })] }))).toEqual([
      "no transaction lost",
    ]);
  });
});
