import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DagUnit } from "../../../src/consensus/index.ts";
import { isCorrect } from "../../../src/consensus/index.ts";
import { type DrawnDag, drawDag } from "../../../test/support/draw-dag.ts";
import { type PictureUnit, validatorOf } from "./drawn-units.ts";
import { equivocationUnits, seenOfD } from "./equivocation.ts";
import { excludedVote, treeBlocks, treeChoice } from "./fork-choice.ts";
import { pictures } from "./pictures.ts";
import { ladder, summitUnits } from "./summit.ts";

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

/** Large enough that one unit of weight does not show in a share. */
const WEIGHT = 250_000;

/** Builds what a picture shows by the rules of consensus; `after` is told of each unit. */
function build(units: readonly PictureUnit[], after?: (name: string, dag: DrawnDag) => void): Map<string, DagUnit> {
  const dag = drawDag({ A: WEIGHT, B: WEIGHT, C: WEIGHT, D: WEIGHT });
  const made = new Map<string, DagUnit>();
  for (const unit of units) {
    const { cites = [], block, after: before } = unit;
    const added = dag.unit(validatorOf(unit), {
      cites: cites.map((id) => made.get(id) as DagUnit),
      ...(block ? { block } : {}),
      // A second unit with one number differs in its time.
      ...(before ? { after: made.get(before) as DagUnit, t: 600 } : {}),
    });
    made.set(unit.id, added);
    after?.(unit.id, dag);
  }
  return made;
}

describe("the pictures of the page on consensus", () => {
  it.each(pictures)("$file is what its program draws, and the page shows it with its text", ({ file, alt, draw }) => {
    expect(read(file)).toBe(draw());
    expect(read("../komabft.md")).toContain(`![${alt}](pictures/${file})`);
  });

  it("the summit's confidence climbs as consensus says", () => {
    const climbed = new Map<string, { level: number; share: number }>();
    build(summitUnits, (name, dag) => {
      const { level, fraction } = dag.confidence("first");
      climbed.set(name, { level, share: fraction });
    });
    for (const { lastUnit, level, share } of ladder) {
      expect(climbed.get(lastUnit)?.level).toBe(level);
      expect(climbed.get(lastUnit)?.share).toBeCloseTo(share, 5);
    }
  });

  it("the equivocator is faulty for whoever sees both of its units, and for nobody else", () => {
    const units = build(equivocationUnits);
    const d = 3;
    for (const [name, seen] of Object.entries(seenOfD)) {
      const observation = units.get(name)?.panorama[d];
      if (seen === "faulty") expect(isCorrect(observation)).toBe(false);
      else expect(observation).toBe(units.get(seen));
    }
  });

  it("the tree's sums and its choice follow from the votes", () => {
    const children = (id: string) => treeBlocks.filter(({ parent }) => parent === id);
    const below = (id: string): number => {
      const own = treeBlocks.find((block) => block.id === id)?.vote?.weight ?? 0;
      return own + children(id).reduce((sum, child) => sum + below(child.id), 0);
    };
    for (const block of treeBlocks) expect(block.below).toBe(below(block.id));
    const chosen = ["K"];
    for (let next = children("K"); next.length > 0; next = children(chosen.at(-1) as string)) {
      const heaviest = next.toSorted((a, b) => below(b.id) - below(a.id))[0] as (typeof next)[number];
      if (below(heaviest.id) === 0) break;
      chosen.push(heaviest.id);
    }
    expect(chosen).toEqual(treeChoice);
    expect(treeBlocks.some(({ vote }) => vote?.by === excludedVote.by)).toBe(false);
  });
});
