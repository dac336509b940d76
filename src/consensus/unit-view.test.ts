import { describe, expect, it } from "vitest";
import { drawDag } from "../../test/support/draw-dag.ts";
import { recentUnits } from "./unit-view.ts";

describe("the newest units of a state", () => {
  const drawn = drawDag({ alice: 1, bob: 1 });
  const a0 = drawn.unit("alice", { block: "X" });
  const b0 = drawn.unit("bob", { cites: [a0] });
  const a1 = drawn.unit("alice", { cites: [b0], t: 1000, block: "Y" });
  const b1 = drawn.unit("bob", { cites: [a1], t: 3500 });

  it("are those of the last rounds, oldest first", () => {
    const hashes = (rounds: number, limit = 10) => recentUnits(drawn.dag, { rounds, limit }).map(({ hash }) => hash);
    expect(hashes(1)).toEqual([b1.hash]);
    expect(hashes(2)).toEqual([b1.hash]);
    expect(hashes(3)).toEqual([a1.hash, b1.hash]);
    expect(hashes(4)).toEqual([a0.hash, b0.hash, a1.hash, b1.hash]);
    expect(hashes(4, 2)).toEqual([a1.hash, b1.hash]);
    expect(recentUnits(drawDag({ alice: 1 }).dag, { rounds: 4, limit: 10 })).toEqual([]);
  });

  it("say what they cite, carry and vote for", () => {
    const [first, , third] = recentUnits(drawn.dag, { rounds: 4, limit: 10 });
    expect(first).toMatchObject({
      cites: [undefined, undefined],
      block: { height: 1, parent: undefined },
      vote: a0.hash,
    });
    expect(third).toEqual({
      hash: a1.hash,
      creator: 0,
      seq: 1,
      t: 1000,
      round: 1000,
      roundExp: 0,
      cites: [a0.hash, b0.hash],
      block: { height: 2, parent: a0.hash },
      vote: a1.hash,
    });
    drawn.unit("alice", { after: "nothing", block: "Z", t: 4000 });
    const last = drawn.unit("bob", { t: 4500, panorama: ["faulty", b1] });
    expect(recentUnits(drawn.dag, { rounds: 1, limit: 1 })[0]).toMatchObject({
      hash: last.hash,
      cites: ["faulty", b1.hash],
    });
  });
});
