import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { timestamp } from "../primitives/index.ts";
import { laneAncestor, sees, skipIndex } from "./dag-unit.ts";
import { inclusivePanorama, isAtLeast, mergeObservations, panoramaUntil } from "./panorama.ts";

describe("sees", () => {
  it("follows citations, directly and through others", () => {
    //  a0 ── a1        bob saw a0 through carol
    //    \   /
    //     c0 ── b0
    const dag = drawDag({ alice: 1, bob: 1, carol: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const c0 = dag.unit("carol", { cites: [a0] });
    const b0 = dag.unit("bob", { cites: [c0] });
    const a1 = dag.unit("alice", { cites: [c0] });
    expect([sees(b0, a0), sees(b0, c0), sees(a1, b0), sees(b0, a1), sees(a0, a0)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("tells the forks of an equivocator apart", () => {
    const dag = drawDag({ alice: 1, bob: 1, carol: 1, dan: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const left = dag.unit("bob", { cites: [a0] });
    const right = dag.unit("bob", { after: "nothing", cites: [a0], t: 7 });
    const rightNext = dag.unit("bob", { after: right });
    const c0 = dag.unit("carol", { cites: [left] });
    const d0 = dag.unit("dan", { cites: [rightNext] });
    expect([sees(c0, left), sees(c0, right), sees(d0, left), sees(d0, right), sees(d0, rightNext)]).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
    const c1 = dag.unit("carol", { cites: [d0] });
    expect(c1.panorama[1]).toBe("faulty");
    expect([sees(c1, left), sees(c1, right)]).toEqual([true, true]);
    expect(laneAncestor(rightNext, 0)).toBe(right);
  });
});

describe("panoramas", () => {
  it("order observations: faulty above all, units along their lane, nothing below", () => {
    const dag = drawDag({ alice: 1, bob: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const a1 = dag.unit("alice", {});
    const other = dag.unit("alice", { after: a0, t: 500 });
    expect(isAtLeast("faulty", a1) && isAtLeast(a1, a0) && isAtLeast(a0, undefined)).toBe(true);
    expect(isAtLeast(a0, a1) || isAtLeast(undefined, a0) || isAtLeast(a1, "faulty") || isAtLeast(a1, other)).toBe(
      false,
    );
    expect(mergeObservations(a0, a1)).toBe(a1);
    expect(mergeObservations(other, a1)).toBe("faulty");
    expect(mergeObservations(undefined, "faulty")).toBe("faulty");
  });

  it("cut at a time stay downward closed", () => {
    const dag = drawDag({ alice: 1, bob: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const b0 = dag.unit("bob", { cites: [a0], t: 100 });
    const a1 = dag.unit("alice", { cites: [b0], t: 600 });
    dag.unit("bob", { cites: [a1], t: 700 });
    expect(panoramaUntil(dag.dag.latest, timestamp(650))).toEqual([a1, b0]);
    expect(inclusivePanorama(a1)).toEqual([a1, b0]);
  });
});

describe("skip pointers", () => {
  it("lead to s − 2^j for every power that divides s", () => {
    const dag = drawDag({ alice: 1 });
    const units = [dag.unit("alice", { block: "A" })];
    for (let i = 1; i <= 12; i++) units.push(dag.unit("alice"));
    const pointersOf = (seq: number) => skipIndex(units[seq] as never).map((unit) => unit.seq);
    expect([pointersOf(0), pointersOf(1), pointersOf(6), pointersOf(8), pointersOf(12)]).toEqual([
      [],
      [0],
      [5, 4],
      [7, 6, 4, 0],
      [11, 10, 8],
    ]);
  });
});

describe("votes", () => {
  it("are the own block, else the fork choice of the panorama", () => {
    const dag = drawDag({ alice: 1, bob: 1, carol: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const b0 = dag.unit("bob", { cites: [a0] });
    const c0 = dag.unit("carol", { cites: [b0], block: "B" });
    expect([a0.vote, b0.vote, c0.vote]).toEqual([dag.block("A"), dag.block("A"), dag.block("B")]);
    expect(dag.block("B").parent).toBe(dag.block("A"));
    expect(dag.block("B").height).toBe(2);
    expect(dag.dag.head()).toBe(dag.block("B"));
  });
});

describe("wire", () => {
  it("gives back the unit that was added", () => {
    const dag = drawDag({ alice: 1, bob: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const signed = dag.sign("bob", { cites: [a0] });
    expect(dag.dag.wire(dag.add(signed))).toEqual(signed);
  });
});
