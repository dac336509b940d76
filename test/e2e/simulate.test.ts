import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { createKoma, launcher } from "../support/koma.ts";

const koma = createKoma();
afterAll(() => koma.dispose());

interface Data {
  readonly runs: number;
  readonly seed: number;
  readonly safe: boolean;
  readonly live: boolean;
  readonly replay: string;
  readonly thresholds: readonly {
    readonly threshold: number;
    readonly promisedRuns: number;
    readonly keptRuns: number;
  }[];
}

describe("koma consensus simulate", () => {
  it("judges runs with faults, and its replay command gives the same again", async () => {
    const args = ["--runs", "2", "--validators", "4", "--byzantine", "1", "--partition", "3s", "--duration", "30s"];
    const data = await koma.json<Data>("consensus", "simulate", ...args, "--seed", "12");
    expect(data).toMatchObject({ runs: 2, seed: 12, safe: true, live: true });
    expect(data.thresholds[0]).toMatchObject({ threshold: 1, promisedRuns: 2, keptRuns: 2 });
    const words = data.replay.split(" ").slice(1);
    const first = await koma.json<Data>(...words);
    const second = await koma.json<Data>(...words);
    expect(second).toEqual(first);
    expect(first.replay).toBe(data.replay);
  });

  it("prints a table and the verdicts for people", async () => {
    const { exitCode, stdout } = await koma.plain(
      "consensus",
      "simulate",
      "--runs",
      "1",
      "--duration",
      "10s",
      "--seed",
      "1",
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^confidence .* p99/);
    expect(stdout).toContain("Safety    held in 1 runs");
    expect(stdout).toContain("Replay    koma consensus simulate --runs 1 --seed 1");
  });

  it("refuses what makes no committee", async () => {
    const refusals = [
      ["--weights", "1,2"],
      ["--validators", "4", "--producers", "5"],
      ["--validators", "4", "--byzantine", "3", "--crash", "1"],
      ["--duration", "5s"],
      ["--misdeed", "kindness"],
    ];
    for (const flags of refusals) {
      const { exitCode, envelope } = await koma.run("consensus", "simulate", ...flags);
      expect([flags, exitCode, envelope.ok]).toEqual([flags, 2, false]);
    }
  });

  it("stops at once when interrupted, in the middle of a run", async () => {
    const child = execa(process.execPath, [launcher, "consensus", "simulate", "--runs", "1", "--duration", "10d"], {
      env: { KOMA_HOME: koma.home, NO_COLOR: "1" },
      reject: false,
      stdin: "ignore",
    });
    // Its first words come when the threads start.
    await new Promise<void>((resolve) => child.stderr?.once("data", () => resolve()));
    child.kill("SIGINT");
    expect((await child).exitCode).toBe(130);
  });
});
