import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import type { DagUnit } from "../../src/consensus/dag-unit.ts";
import { forkChoice } from "../../src/consensus/fork-choice.ts";
import { requiredQuorum, thresholdFromFraction } from "../../src/consensus/index.ts";
import { isCorrect } from "../../src/consensus/panorama.ts";
import { strengthOf } from "../../src/consensus/quorum.ts";
import { proposalWindowMs, witnessOffsetMs } from "../../src/consensus/rounds.ts";
import { devnetParameters } from "../../src/rootchain/parameters.ts";
import { EPOCH, Simulation } from "../../src/simulation/index.ts";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import { type PictureUnit, validatorOf } from "./pictures/drawn-units.ts";
import { equivocationUnits, seenOfD } from "./pictures/equivocation.ts";
import { excludedVote, treeBlocks, treeChoice } from "./pictures/fork-choice.ts";
import { panoramaNames, panoramaOfC2, panoramaUnits } from "./pictures/panorama.ts";
import { pictures } from "./pictures/pictures.ts";
import { round } from "./pictures/round.ts";
import { ladder, summitUnits } from "./pictures/summit.ts";

const read = (file: string) => readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8");
const page = read("komabft.md");
const delays = {
  minDelayMs: round.delayMs,
  maxDelayMs: round.delayMs,
  buildMs: round.buildMs,
  executeMs: round.executeMs,
};
const inMs = (ms: number | undefined) => (ms === undefined ? "never" : `${ms.toLocaleString("en")} ms`);

/** Builds what a picture shows with the real rules; `each` is called after every unit. */
function build(
  dag: DrawnDag,
  units: readonly PictureUnit[],
  each: (id: string) => void = () => {},
): ReadonlyMap<string, DagUnit> {
  const built = new Map<string, DagUnit>();
  for (const { id, cites = [], block, after } of units) {
    const unit = dag.unit(validatorOf({ id, x: 0 }), {
      cites: cites.map((cited) => built.get(cited) as DagUnit),
      ...(block !== undefined && { block }),
      // Another time makes it another unit.
      ...(after !== undefined && { after: built.get(after) as DagUnit, t: (built.get(after) as DagUnit).t + 9 }),
    });
    built.set(id, unit);
    each(id);
  }
  return built;
}

describe("pictures", () => {
  it.each(pictures)("$file is what its code draws, with its alt text in the page", ({ file, alt, draw }) => {
    expect(read(`pictures/${file}`)).toBe(draw());
    expect(page).toContain(`![${alt}](pictures/${file})`);
  });

  test("the panorama of C2", () => {
    const built = build(drawDag({ A: 1, B: 1, C: 1, D: 1, E: 1 }), panoramaUnits);
    const nameOf = new Map([...built].map(([id, unit]) => [unit, id]));
    const panorama = built.get("C2")?.panorama ?? [];
    expect(panorama.map((seen) => (isCorrect(seen) ? nameOf.get(seen) : "nothing"))).toEqual(
      // Its own entry is its predecessor.
      panoramaOfC2,
    );
    expect(panoramaNames).toHaveLength(panorama.length);
  });

  test("the fork choice, without the equivocator", () => {
    const dag = drawDag({ A: 4, B: 3, C: 2, D: 1, E: 2 });
    const makers: Record<string, string> = { P1: "A", P2: "A", P3: "A", Q: "D", Q1: "B", Q2: "C" };
    const made = new Map<string, DagUnit>();
    treeBlocks.slice(1).forEach(({ id, parent }, i) => {
      const cites = parent === undefined || parent === "K" ? [] : [made.get(parent) as DagUnit];
      made.set(id, dag.unit(makers[id] as string, { block: id, cites, t: (i + 1) * 1000 }));
    });
    const twice = dag.unit("E", { cites: [made.get(excludedVote.block) as DagUnit], t: 8000 });
    expect(twice.vote).toBe(dag.block(excludedVote.block));
    dag.unit("E", { cites: [made.get("P1") as DagUnit], after: "nothing", t: 8001 });

    const { latest, instance } = dag.dag;
    expect(forkChoice(latest, instance.weights)).toBe(dag.block(treeChoice.at(-1) as string));
    for (const { id, vote } of treeBlocks) {
      if (vote === undefined) continue;
      const voter = latest[dag.index(vote.by)];
      expect(isCorrect(voter) && voter.vote).toBe(dag.block(id));
      expect(instance.weights[dag.index(vote.by)]).toBe(vote.weight);
    }
    const below = (id: string): number =>
      treeBlocks.reduce((sum, b) => sum + (b.parent === id ? below(b.id) : b.id === id ? (b.vote?.weight ?? 0) : 0), 0);
    for (const block of treeBlocks) expect(block.below).toBe(below(block.id));
  });

  test("the summit's levels and what each is worth", () => {
    const quarter = 250_000;
    const dag = drawDag({ A: quarter, B: quarter, C: quarter, D: quarter });
    const after = new Map<string, { readonly level: number; readonly fraction: number }>();
    build(dag, summitUnits, (id) => after.set(id, dag.confidence("first")));
    const ids = summitUnits.map(({ id }) => id);
    for (const { lastUnit, level, share } of ladder) {
      expect(after.get(lastUnit)).toMatchObject({ level, fraction: share });
      // A level is complete with its last unit, and not before.
      const before = after.get(ids[ids.indexOf(lastUnit) - 1] as string);
      if (level > 0) expect(before?.fraction).toBeLessThan(share);
    }
  });

  test("who knows of the equivocation", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1 });
    const built = build(dag, equivocationUnits);
    for (const [id, seen] of Object.entries(seenOfD)) {
      const entry = built.get(id)?.panorama[dag.index("D")];
      if (seen === "faulty") expect(entry).toBe("faulty");
      else expect(entry).toBe(built.get(seen));
    }
    expect(built.get("D1")?.seq).toBe(built.get("D1'")?.seq);
    expect(dag.dag.faultyWeight).toBe(1);
    // What the drawing says of the money.
    const { slashBpsC, bountyBps, burnBps } = devnetParameters;
    expect([slashBpsC, bountyBps, burnBps]).toEqual([2_000, 5_000, 2_500]);
  });

  test("the round's times", () => {
    expect(witnessOffsetMs(round.lengthMs)).toBe(round.witnessMs);
    expect(proposalWindowMs(round.lengthMs)).toBe(round.proposeUntilMs);
    expect(page).toContain(`(${round.proposeUntilMs} ms of 1,000)`);
  });
});

/** Median time from a block's slot to its finality at each share of 700, seven validators of which some are absent. */
function timesToFinal(shares: readonly number[], absent: readonly number[]): readonly (number | undefined)[] {
  const simulation = new Simulation({
    seed: 1,
    weights: new Array(7).fill(100),
    thresholds: shares,
    ...delays,
    absent,
  });
  simulation.startAll();
  simulation.runFor(60_000);
  return shares.map((share) => {
    const finals = simulation.nodes[0]?.finalsAt(thresholdFromFraction(share, 700)) ?? [];
    const times = finals.map(({ at, block }) => at - block.t).sort((a, b) => a - b);
    return times[times.length >> 1];
  });
}

describe("tables", () => {
  test("how long a merchant waits", () => {
    const rows = [
      ["0.01", 0.01],
      ["0.1", 0.1],
      ["1/3", 1 / 3],
      ["0.5", 0.5],
      ["2/3", 2 / 3],
      ["0.8", 0.8],
    ] as const;
    const shares = rows.map(([, share]) => share);
    const [all, six, five] = [[], [6], [5, 6]].map((absent) => timesToFinal(shares, absent)) as [
      readonly (number | undefined)[],
      readonly (number | undefined)[],
      readonly (number | undefined)[],
    ];
    const { slashBpsC, bountyBps } = devnetParameters;
    rows.forEach(([name, share], i) => {
      // What denouncing oneself does not bring back; the tolerance undoes what 0.01 lacks as a binary number.
      const lost = Math.floor((share * 1_000_000 * slashBpsC * (10_000 - bountyBps)) / 1e8 + 1e-6);
      const line = `| ${lost.toLocaleString("en")} KMC | ${name} | ${inMs(all[i])} | ${inMs(six[i])} | ${inMs(five[i])} |`;
      expect(page).toContain(line);
    });
  }, 60_000);

  test("the ladder's times", () => {
    const [level1, level2, level3] = timesToFinal([0.5, 0.7, 0.8], []);
    expect([level1, level2, level3]).toEqual(ladder.slice(1).map(({ atMs }) => atMs));
    for (const { level, share } of ladder.slice(1)) {
      const { numerator, denominator } = strengthOf(1_000_000, level, 1_000_000);
      expect(numerator / denominator / 1_000_000).toBe(share);
    }
    expect(EPOCH % round.lengthMs).toBe(0);
  }, 60_000);

  test("what Theorem 2 bears: the counts at which a quorum is left, by trying all", () => {
    const cases = [
      [4, 0],
      [4, 1],
      [7, 0],
      [7, 1],
      [7, 2],
      [50, 16],
      [100, 33],
      [150, 30],
      [150, 49],
    ] as const;
    for (const [n, t] of cases) {
      const needed = requiredQuorum(20, t, n);
      const crashes = Array.from({ length: n }, (_, c) => c).filter((c) => n - t - c >= needed);
      const most = crashes.at(-1) as number;
      expect(page).toContain(`| ${n} | ${t} | ${t} | ${most} | ${needed} |`);
      // The corrected bound, and the other way to say it.
      expect(crashes.every((c) => 2 * c < n - 3 * t)).toBe(true);
      expect(2 * (most + 1) < n - 3 * t).toBe(false);
      expect(needed).toBe(Math.ceil((n + t + 1) / 2));
    }
    // The white paper's bound would bear c = 3 of N = 7 at t = f = 2.
    expect(3 < 7 - (3 * 2) / 2).toBe(true);
    expect(7 - 2 - 3).toBeLessThan(requiredQuorum(20, 2, 7));
  });

  test("least quorums per level", () => {
    const total = 1_000_000;
    const shares = { "0.01": 0.01, "1/3": 1 / 3, "1/2": 0.5, "2/3": 2 / 3, "0.8": 0.8, "0.9": 0.9 };
    for (const [name, share] of Object.entries(shares)) {
      const cells = [1, 2, 3, 4, 20].map((level) => {
        const quorum = requiredQuorum(level, thresholdFromFraction(share, total), total);
        return quorum > total ? "–" : `${((100 * quorum) / total).toFixed(1)} %`;
      });
      expect(page).toContain(`| ${name} | ${cells.join(" | ")} |`);
    }
  });

  test("five of seven: t = 1, 2, 2, and X = 1.5 at level 1", () => {
    const worth = [1, 2, 3].map((level) => strengthOf(5, level, 7));
    expect(worth.map(({ numerator, denominator }) => Math.ceil(numerator / denominator) - 1)).toEqual([1, 2, 2]);
    expect(worth[0]).toEqual({ numerator: 3, denominator: 2 });
  });

  test("confidence stays below 2p − 1 while the share p takes part", () => {
    for (const present of [5, 6, 7]) {
      const { numerator, denominator } = strengthOf(present * 100, 20, 700);
      expect(numerator / denominator).toBeLessThan(2 * present * 100 - 700);
    }
  });
});
