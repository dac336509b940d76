import { describe, expect, it, test } from "vitest";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import { SummitSearch } from "./summit.ts";

/** One round of everybody: a proposal, confirmations that cite it, witnesses that cite all confirmations. */
function fullRound(dag: DrawnDag, block: string, before: readonly DagUnit[], who = dag.names): readonly DagUnit[] {
  const [leader, ...others] = who as readonly [string, ...string[]];
  const proposal = dag.unit(leader, { block, cites: before });
  const confirmations = [proposal, ...others.map((name) => dag.unit(name, { cites: [proposal] }))];
  return who.map((name) => dag.unit(name, { cites: confirmations }));
}

describe("confidence", () => {
  it("rises as witnesses cite each other", () => {
    //      a0 ───── a1            weights: alice 5, bob 4, carol 1
    //     /  \     /  \
    //   b0 ── b1 ───── b2
    const dag = drawDag({ alice: 5, bob: 4, carol: 1 });
    const b0 = dag.unit("bob", { block: "B" });
    const a0 = dag.unit("alice", { cites: [b0] });
    expect(dag.confidence("B")).toMatchObject({ level: 0, fraction: 0, maxT: undefined, quorum: undefined });
    const b1 = dag.unit("bob", { cites: [a0] });
    // Quorum 9 at one level: 2 · (9 − 10/2) · 1/2
    expect(dag.confidence("B")).toMatchObject({
      level: 1,
      quorum: 9,
      maxT: 3,
      strength: { numerator: 4, denominator: 1 },
    });

    const a1 = dag.unit("alice", { cites: [b1] });
    expect(dag.confidence("B").strength).toEqual({ numerator: 6, denominator: 1 }); // two levels: · 3/4

    dag.unit("bob", { cites: [a1] });
    expect(dag.confidence("B").strength).toEqual({ numerator: 7, denominator: 1 }); // three: · 7/8
  });

  it("is level 1 after one full round of four, with X = 2 and t = 1", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1 });
    const a0 = dag.unit("A", { block: "0xA0", t: 0 });
    const others = ["B", "C", "D"].map((name) => dag.unit(name, { cites: [a0], t: 10 }));
    for (const name of ["A", "B", "C", "D"]) dag.unit(name, { cites: others, t: 666 });
    expect(dag.confidence("0xA0")).toMatchObject({
      strength: { numerator: 2, denominator: 1 },
      quorum: 4,
      level: 1,
      maxT: 1,
      frontier: [{ level: 1, quorum: 4 }],
    });
  });

  test("I-16 full participation climbs .5, .75, .875 …", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1 });
    let witnesses = fullRound(dag, "first", []);
    const fractionOf = (): number => {
      const { numerator, denominator } = dag.confidence("first").strength;
      return numerator / denominator / 4;
    };
    expect(fractionOf()).toBe(0.5);
    // Each further round adds two levels: its confirmations cite all witnesses, its witnesses all confirmations.
    for (const [i, expected] of [0.875, 0.96875, 0.9921875].entries()) {
      witnesses = fullRound(dag, `later ${i}`, witnesses);
      expect(fractionOf()).toBe(expected);
    }
  });

  test("seven validators of which two are gone reach t = 1, 2, 2 (level 1, 2, 3)", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, G: 1 });
    const present = ["A", "B", "C", "D", "E"];
    const witnesses = fullRound(dag, "first", [], present);
    expect(dag.confidence("first")).toMatchObject({ level: 1, quorum: 5, maxT: 1 });
    const proposal = dag.unit("A", { block: "second", cites: witnesses });
    const confirmations = present.slice(1).map((name) => dag.unit(name, { cites: [proposal] }));
    expect(dag.confidence("first")).toMatchObject({ level: 2, maxT: 2 });
    for (const name of present) dag.unit(name, { cites: [proposal, ...confirmations] });
    expect(dag.confidence("first")).toMatchObject({ level: 3, maxT: 2 });
  });

  it("falls when a member of the summit turns out to equivocate", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1 });
    fullRound(dag, "first", []);
    expect(dag.confidence("first").maxT).toBe(1);
    const proposal = dag.dag.unit(dag.block("first").unit) as DagUnit;
    dag.unit("D", { after: "nothing", cites: [proposal], t: 900 });
    expect(dag.confidence("first")).toMatchObject({ quorum: 3, maxT: 0, faultyWeight: 1 });
  });

  it("does not count votes for a competing block", () => {
    const dag = drawDag({ A: 1, B: 1, C: 1, D: 1, E: 1 });
    const left = dag.unit("A", { block: "left", t: 1000 });
    const right = dag.unit("E", { block: "right", t: 2000 });
    const confirmations = ["B", "C", "D"].map((name) => dag.unit(name, { cites: [left] }));
    for (const name of ["A", "B", "C", "D"]) dag.unit(name, { cites: [...confirmations, right] });
    expect(dag.confidence("left")).toMatchObject({ quorum: 4, maxT: 1 });
    expect(dag.confidence("right")).toMatchObject({ level: 0 });
  });
});

test("streaks that are carried along equal streaks worked out anew", () => {
  const dag = drawDag({ A: 1, B: 2, C: 3, D: 4 });
  let witnesses = fullRound(dag, "first", []);
  const carried = new SummitSearch(dag.dag, dag.block("first"));
  for (let i = 0; i < 5; i++) {
    witnesses = fullRound(dag, `later ${i}`, witnesses, i % 2 === 0 ? ["B", "C", "D"] : dag.names);
    const anew = new SummitSearch(dag.dag, dag.block("first"));
    expect(carried.refresh()).toBe(anew.refresh());
    expect(carried.confidence()).toEqual(anew.confidence());
  }
});
