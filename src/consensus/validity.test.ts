import { describe, expect, it, test } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { emptyBytes, type Hash, hexToBytes, keccakHash, signDigest, timestamp, utf8 } from "../primitives/index.ts";
import { panoramaRoot } from "./panorama.ts";
import type { UnitHash } from "./unit.ts";

const otherHash = keccakHash(utf8("something else"));

/** A proposal by alice with everybody's confirmation, and no more. */
function confirmedProposal(params = {}) {
  const dag = drawDag({ alice: 1, bob: 1, carol: 1 }, params);
  const a0 = dag.unit("alice", { block: "A" });
  const b0 = dag.unit("bob", { cites: [a0] });
  const c0 = dag.unit("carol", { cites: [a0] });
  return { dag, a0, b0, c0 };
}

describe("what a unit's own bytes say", () => {
  it("accepts a sound unit", () => {
    const { dag, b0, c0 } = confirmedProposal();
    expect(dag.verdict("alice", { cites: [b0, c0] })).toBe("valid");
  });

  it("1 Creator: the creator is in the committee", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0] }, { creator: 3 })).toBe("Creator");
  });

  it("2 InstanceId: the unit belongs to this instance", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0] }, { instance: otherHash })).toBe("InstanceId");
  });

  it("3 Signature: the creator's signer made it, with low s", () => {
    const { dag, a0 } = confirmedProposal();
    const unit = dag.sign("bob", { cites: [a0] });
    const byCarol = signDigest(hexToBytes(unit.hash), drawnKey(2));
    expect(dag.judge({ ...unit, signature: byCarol })).toMatchObject({ rejection: { code: "Signature" } });
    const flipped = unit.signature.slice();
    flipped[64] = flipped[64] === 27 ? 28 : 27;
    expect(dag.judge({ ...unit, signature: flipped })).toMatchObject({ rejection: { code: "Signature" } });
    expect(dag.judge({ ...unit, signature: highS(unit.signature) })).toMatchObject({
      rejection: { code: "Signature" },
    });
    expect(dag.judge({ ...unit, signature: emptyBytes })).toMatchObject({ rejection: { code: "Signature" } });
  });

  it("4 Banned: the creator was not banned when the era began", () => {
    const dag = drawDag({ alice: 1, bob: 1 }, {}, [1]);
    const a0 = dag.unit("alice", { block: "A" });
    expect(dag.verdict("bob", { cites: [a0] })).toBe("Banned");
  });

  it("5 RoundLengthGreaterThanMaximum: the round is not longer than allowed", () => {
    const { dag, a0 } = confirmedProposal({ maxRoundExp: 2 });
    expect(dag.verdict("bob", { cites: [a0], t: 9000 }, {}, { roundExp: 3 })).toBe("RoundLengthGreaterThanMaximum");
    expect(dag.verdict("bob", { cites: [a0] }, {}, { roundExp: 2 ** 40 })).toBe("RoundLengthGreaterThanMaximum");
  });

  it("6 PanoramaLength: the panorama has an entry for everybody", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0] }, {}, { observations: [2, 0] })).toBe("PanoramaLength");
    expect(dag.verdict("bob", { cites: [a0] }, {}, { observations: [2, 0, 0, 0] })).toBe("PanoramaLength");
  });

  it("7 FaultyCreator: nobody calls itself faulty", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { panorama: [a0, "faulty", undefined] })).toBe("FaultyCreator");
  });

  it("8 MissingBlock: a unit proposes or cites something", () => {
    const { dag } = confirmedProposal();
    expect(dag.verdict("bob", { after: "nothing" })).toBe("MissingBlock");
  });

  it("9 PrevMismatch: the predecessor is the own entry", () => {
    const { dag, a0, b0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0] }, { prev: a0.hash })).toBe("PrevMismatch");
    expect(dag.verdict("bob", { cites: [a0] }, { prev: undefined })).toBe("PrevMismatch");
    expect(dag.verdict("bob", { panorama: [a0, undefined, undefined] }, { prev: b0.hash })).toBe("PrevMismatch");
  });

  it("binds the transported hashes by the signed root", () => {
    const { dag, a0, b0, c0 } = confirmedProposal();
    const unit = dag.sign("alice", { cites: [b0, c0] });
    expect(dag.judge({ ...unit, hashes: [a0.hash, b0.hash] })).toMatchObject({ rejection: { code: "PanoramaHashes" } });
    expect(dag.judge({ ...unit, hashes: [a0.hash, c0.hash, b0.hash] })).toMatchObject({
      rejection: { code: "PanoramaRoot" },
    });
  });

  it("refuses claims of endorsements where those are off", () => {
    const { dag, a0 } = confirmedProposal();
    const endorsed = [otherHash as string as UnitHash];
    expect(dag.verdict("bob", { cites: [a0] }, {}, { endorsed })).toBe("EndorsedButUnseen");
  });
});

describe("what a unit's citations say", () => {
  it("10 PanoramaIndex: entry i is a unit of validator i with the number it claims", () => {
    const { dag, a0, c0 } = confirmedProposal();
    expect(dag.verdict("bob", { panorama: [a0, undefined, a0] })).toBe("PanoramaIndex");
    const wrongNumber = { observations: [2, 0, 3], panoramaRoot: panoramaRoot([2, 0, 3], [a0.hash, c0.hash]) };
    expect(dag.verdict("bob", { panorama: [a0, undefined, c0] }, {}, wrongNumber)).toBe("PanoramaIndex");
  });

  it("11 InconsistentPanorama: whatever a cited unit saw, the unit sees", () => {
    const { dag, a0, b0, c0 } = confirmedProposal();
    expect(dag.verdict("bob", { panorama: [undefined, b0, c0] })).toBe("InconsistentPanorama");
    const a1 = dag.unit("alice", { cites: [b0, c0] });
    const b1 = dag.unit("bob", { cites: [a1] });
    expect(dag.verdict("carol", { panorama: [a0, b1, c0] })).toBe("InconsistentPanorama");
  });

  it("11 InconsistentPanorama: a fault that a cited unit knows of is known", () => {
    const { dag, a0, b0, c0 } = confirmedProposal();
    const fork = dag.unit("alice", { after: "nothing", block: "A'" });
    const c1 = dag.unit("carol", { cites: [a0, fork] });
    expect(c1.panorama[0]).toBe("faulty");
    expect(dag.verdict("bob", { panorama: [a0, b0, c1] })).toBe("InconsistentPanorama");
    expect(dag.verdict("bob", { panorama: ["faulty", b0, c1] })).toBe("valid");
    expect(dag.verdict("bob", { panorama: [fork, b0, c0] })).toBe("InconsistentPanorama");
  });

  it("12 Timestamps: a unit is not older than what it cites, nor than the era", () => {
    const { dag, a0, b0 } = confirmedProposal();
    expect(dag.verdict("alice", { cites: [b0], t: b0.t })).toBe("valid");
    expect(dag.verdict("alice", { cites: [b0], t: b0.t - 1 })).toBe("Timestamps");
    expect(a0.t).toBe(0);
  });

  it("12 Timestamps: a block is younger than its parent", () => {
    const { dag } = confirmedProposal();
    const b1 = dag.unit("bob", { block: "B", t: 1000 });
    expect(dag.verdict("carol", { cites: [b1], block: "C", t: 1000 })).toBe("Timestamps");
  });

  it("13 SequenceNumber: one more than the predecessor's, 0 without one", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0] }, { seq: 2 })).toBe("SequenceNumber");
    expect(dag.verdict("bob", { panorama: [a0, undefined, undefined] }, { seq: 1 })).toBe("SequenceNumber");
  });

  it("14 RoundLengthChangedWithinRound: a round ends before its length changes", () => {
    const { dag, a0 } = confirmedProposal();
    expect(dag.verdict("bob", { cites: [a0], t: 1500, roundExp: 1 })).toBe("RoundLengthChangedWithinRound");
    expect(dag.verdict("bob", { cites: [a0], t: 2000, roundExp: 1 })).toBe("valid");
    expect(dag.verdict("bob", { cites: [a0], t: 7999, roundExp: 3 })).toBe("RoundLengthChangedWithinRound");
  });

  it("15 ThreeUnitsInRound: two units a round", () => {
    const { dag, a0, b0 } = confirmedProposal();
    dag.unit("bob", { t: b0.t + 1 });
    expect(dag.verdict("bob", { cites: [a0], t: 999 })).toBe("ThreeUnitsInRound");
    expect(dag.verdict("bob", { cites: [a0], t: 1000 })).toBe("valid");
  });

  it("16 NonLeaderBlock: only the leader proposes, first thing in the round, at its start", () => {
    const { dag, a0 } = confirmedProposal();
    dag.unit("alice", { block: "A2", t: 1000 });
    expect(dag.verdict("bob", { cites: [a0], block: "B", t: 1000, withoutLeading: true })).toBe("NonLeaderBlock");
    expect(dag.verdict("bob", { cites: [a0], block: "B", t: 2001 })).toBe("NonLeaderBlock");
    const early = dag.unit("bob", { cites: [a0], t: 3000 });
    expect(dag.verdict("bob", { after: early, block: "B", t: 3000 })).toBe("NonLeaderBlock");
  });

  it("17 ValueAfterTerminalBlock: nothing builds on the era's last block", () => {
    const dag = drawDag({ alice: 1, bob: 1 }, { eraMinBlocks: 2, eraMinMs: 1000 });
    const a0 = dag.unit("alice", { block: "A" });
    const b0 = dag.unit("bob", { cites: [a0], block: "B" });
    expect(dag.block("A").terminal).toBe(false);
    expect(dag.block("B").terminal).toBe(true);
    expect(dag.verdict("alice", { cites: [b0], block: "C" })).toBe("ValueAfterTerminalBlock");
    expect(dag.verdict("alice", { cites: [b0] })).toBe("valid");
  });

  it("does not end an era before both of its minima are reached", () => {
    const dag = drawDag({ alice: 1 }, { eraMinBlocks: 1, eraMinMs: 2000 });
    dag.unit("alice", { block: "A" });
    dag.unit("alice", { block: "B", t: 1000 });
    dag.unit("alice", { block: "C", t: 2000 });
    expect(["A", "B", "C"].map((name) => dag.block(name).terminal)).toEqual([false, false, true]);
  });
});

test("a fork is valid: it is evidence that makes it harmless, not a rule", () => {
  const { dag, a0 } = confirmedProposal();
  expect(dag.verdict("bob", { after: "nothing", cites: [a0], t: 500 })).toBe("valid");
});

test("time does not depend on a clock: a unit of the far future is valid", () => {
  const { dag, a0 } = confirmedProposal();
  expect(dag.verdict("bob", { cites: [a0], t: timestamp(2 ** 52) })).toBe("valid");
});

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other signature that ECDSA would accept: order − s, with v flipped. */
function highS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString("hex")}` as Hash);
  const high = Buffer.from((ORDER - s).toString(16).padStart(64, "0"), "hex");
  const malleated = signature.slice();
  malleated.set(high, 32);
  malleated[64] = signature[64] === 27 ? 28 : 27;
  return malleated;
}
