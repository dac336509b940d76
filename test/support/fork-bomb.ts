import type { ValidUnit } from "../../src/consensus/dag.ts";
import type { DagUnit } from "../../src/consensus/dag-unit.ts";
import { forkChoice } from "../../src/consensus/fork-choice.ts";
import { citedNumbers, inclusivePanorama, mergePanoramas } from "../../src/consensus/panorama.ts";
import type { SignedUnit } from "../../src/consensus/unit.ts";
import { type DrawnDag, drawDag } from "./draw-dag.ts";

export interface ForkBomb {
  readonly drawn: DrawnDag;
  /** The honest proposal that everything stands on. */
  readonly proposal: SignedUnit;
  /** The conspirators' units, what is cited first. */
  readonly units: readonly SignedUnit[];
  /** The one that sees all the others. */
  readonly root: SignedUnit;
  readonly conspirators: number;
}

/**
 * A binary tree of units: those of level j are made by two conspirators, of whom one makes all left children and the other
 * all right ones. 2·levels validators make 2^levels − 1 units, each of which looks harmless to whoever sees it alone.
 *
 * @see KoMaBFT spec 11 (fork bomb); Highway paper, spam prevention
 */
export function makeForkBomb(levels: number, lnc: boolean): ForkBomb {
  const names = Array.from({ length: levels }, (_, level) => [`left ${level}`, `right ${level}`]).flat();
  const weights = Object.fromEntries(names.map((name) => [name, 1]));
  // Together they stay far below a third.
  const drawn = drawDag({ alice: 100, ...weights }, { lnc });
  const proposal = drawn.unit("alice", { block: "A" });
  const units: SignedUnit[] = [];

  function make(level: number, side: "left" | "right"): DagUnit {
    const children = level + 1 < levels ? [make(level + 1, "left"), make(level + 1, "right")] : [proposal];
    const panorama = children.map(inclusivePanorama).reduce(mergePanoramas);
    const unit = drawn.sign(`${side} ${level}`, { panorama, t: 1 + units.length });
    units.push(unit);
    // The conspirators do not care about the rules.
    const choice = forkChoice(panorama, drawn.instance.weights);
    return drawn.dag.add(
      { unit, panorama, prev: undefined, choice, endorsed: [], cited: citedNumbers(panorama) } as unknown as ValidUnit,
      undefined,
    ).unit;
  }

  const root = make(0, "left");
  return {
    drawn,
    proposal: drawn.dag.wire(proposal),
    units,
    root: drawn.dag.wire(root),
    conspirators: names.length - 1,
  };
}
