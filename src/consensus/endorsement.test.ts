import { TypedDataEncoder } from "ethers";
import { describe, expect, it, test } from "vitest";
import { type DrawnDag, drawDag } from "../../test/support/draw-dag.ts";
import { bytesToHex, keccakHash, signDigest, utf8 } from "../primitives/index.ts";
import type { DagUnit } from "./dag-unit.ts";
import {
  decodeEndorsement,
  type Endorsement,
  encodeEndorsement,
  endorsementDigest,
  inMessages,
  MAX_ENDORSERS,
  verifyEndorsement,
} from "./endorsement.ts";
import {
  createEndorsementEvidence,
  type EndorsementEvidence,
  verifyEndorsementEvidence,
} from "./endorsement-evidence.ts";
import { decodeEvidence, encodeEvidence, perpetratorOf, verifyEvidence } from "./evidence.ts";
import type { UnitHash } from "./unit.ts";

const five = { alice: 1, bob: 1, carol: 1, dan: 1, erin: 1 };

/**
 *         ┌─ b ─── c0       bob forks; carol has seen one fork, dan the other
 *    a0 ──┤
 *         └─ b′ ── d0
 */
function forked() {
  const dag = drawDag(five, { lnc: true });
  const a0 = dag.unit("alice", { block: "A" });
  const b = dag.unit("bob", { cites: [a0], t: 10 });
  const other = dag.unit("bob", { cites: [a0], after: "nothing", t: 20 });
  const c0 = dag.unit("carol", { cites: [b] });
  const d0 = dag.unit("dan", { cites: [other] });
  return { dag, a0, b, other, c0, d0 };
}

describe("an endorsement", () => {
  it("is signed over KomaEndorsement(instance, endorser, unit), as any EIP-712 library computes it", () => {
    const { dag, c0 } = forked();
    const types = {
      KomaEndorsement: [
        { name: "instance", type: "bytes32" },
        { name: "endorser", type: "uint32" },
        { name: "unit", type: "bytes32" },
      ],
    };
    const domain = { name: "KoMaBFT", version: "1", chainId: 80401n };
    const expected = TypedDataEncoder.hash(domain, types, { instance: dag.instance.id, endorser: 4, unit: c0.hash });
    expect(bytesToHex(endorsementDigest(dag.instance.domain, dag.instance.id, 4, c0.hash))).toBe(expected);
  });

  it("is good when its endorser signed it, and survives the store", () => {
    const { dag, c0 } = forked();
    const endorsement = dag.endorsement(c0, "erin");
    expect(verifyEndorsement(endorsement, dag.instance)).toMatchObject({ ok: true });
    expect(decodeEndorsement(encodeEndorsement(endorsement))).toEqual({ ok: true, value: endorsement });
  });

  function rejection(change: (endorsement: Endorsement) => Endorsement, dag: DrawnDag, unit: DagUnit): string {
    const check = verifyEndorsement(change(dag.endorsement(unit, "erin")), dag.instance);
    return check.ok ? "accepted" : check.rejection.code;
  }

  it("is refused from strangers, under another name, for another unit, and where endorsements are off", () => {
    const { dag, b, c0 } = forked();
    expect(rejection((e) => ({ ...e, endorser: 5 }), dag, c0)).toBe("UnknownEndorser");
    expect(rejection((e) => ({ ...e, endorser: 3 }), dag, c0)).toBe("EndorsementSignature");
    expect(rejection((e) => ({ ...e, unit: b.hash }), dag, c0)).toBe("EndorsementSignature");
    const off = drawDag(five, { lnc: false });
    expect(rejection((e) => e, off, off.unit("alice", { block: "A" }))).toBe("EndorsementsOff");
    const banned = drawDag(five, { lnc: true }, [4]);
    expect(rejection((e) => e, banned, banned.unit("alice", { block: "A" }))).toBe("BannedEndorser");
  });

  it("goes out in messages that others can decode, however many there are", () => {
    const { c0 } = forked();
    const many = Array.from({ length: 2 * MAX_ENDORSERS + 1 }, (_, endorser) => ({
      unit: c0.hash,
      endorser,
      signature: new Uint8Array(65),
    }));
    expect(inMessages(many).map((each) => each.length)).toEqual([MAX_ENDORSERS, MAX_ENDORSERS, 1]);
    expect(inMessages([])).toEqual([]);
  });
});

describe("a unit is endorsed", () => {
  it("when its endorsers weigh more than half, and stays so when they turn out faulty", () => {
    const { dag, a0, c0 } = forked();
    const { endorsements } = dag.dag;
    dag.endorse(c0, ["alice", "dan"]);
    expect(endorsements.isEndorsed(c0.hash)).toBe(false);
    dag.endorse(c0, ["dan"]);
    expect(endorsements.isEndorsed(c0.hash)).toBe(false);
    dag.endorse(c0, ["erin"]);
    expect(endorsements.isEndorsed(c0.hash)).toBe(true);
    for (const t of [50, 60]) dag.unit("erin", { cites: [a0], after: "nothing", t });
    expect(dag.dag.isFaulty(4)).toBe(true);
    expect(endorsements.isEndorsed(c0.hash)).toBe(true);
  });

  it("also when endorsements overtake it", () => {
    const { dag, c0 } = forked();
    const later = dag.sign("carol", { after: c0, cites: [], t: 500 });
    for (const name of ["alice", "dan", "erin"]) {
      dag.dag.endorsements.add(dag.endorsement({ ...c0, hash: later.hash }, name), undefined);
    }
    const c1 = dag.add(later);
    expect([...dag.dag.endorsements.endorsed()]).toEqual([c1]);
  });
});

describe("18: what a unit may cite of an equivocator", () => {
  it("LncNaiveCitation: one fork, unless the units that brought the others are endorsed", () => {
    const { dag, c0, d0 } = forked();
    const check = dag.judge(dag.sign("erin", { cites: [c0, d0] }));
    expect(check).toMatchObject({ rejection: { code: "LncNaiveCitation", index: 1 } });
    expect(dag.verdict("erin", { cites: [c0] })).toBe("valid");
    dag.endorse(c0);
    expect(dag.sign("erin", { cites: [c0, d0] }).body.endorsed).toEqual([c0.hash]);
    expect(dag.verdict("erin", { cites: [c0, d0] })).toBe("valid");
    expect(dag.verdict("erin", { cites: [c0, d0], claims: [] })).toBe("LncNaiveCitation");
  });

  it("LncNaiveCitation: earlier units of the creator count, each with the claims it made", () => {
    const { dag, b, c0, d0 } = forked();
    const e0 = dag.unit("erin", { cites: [b] });
    dag.endorse(c0);
    expect(dag.verdict("erin", { cites: [c0, d0], after: e0 })).toBe("LncNaiveCitation");
    dag.endorse(d0);
    expect(dag.verdict("erin", { cites: [c0, d0], after: e0 })).toBe("valid");
  });

  it("EndorsedButUnseen: only what it sees", () => {
    const { dag, c0, d0 } = forked();
    dag.endorse(c0);
    expect(dag.verdict("erin", { cites: [d0], claims: [c0] })).toBe("EndorsedButUnseen");
    expect(dag.verdict("erin", { cites: [c0], claims: [c0] })).toBe("valid");
    const nowhere = keccakHash(utf8("nowhere")) as string as UnitHash;
    expect(dag.verdict("erin", { cites: [c0] }, {}, { endorsed: [nowhere] })).toBe("EndorsedButUnseen");
  });

  it("EndorsementsNotMonotonic: what a cited unit claims is claimed too, or seen by a claim", () => {
    const { dag, c0, d0 } = forked();
    dag.endorse(c0);
    const e0 = dag.unit("erin", { cites: [c0, d0] });
    expect(dag.verdict("alice", { cites: [e0], claims: [] })).toBe("EndorsementsNotMonotonic");
    expect(dag.verdict("alice", { cites: [e0], claims: [c0] })).toBe("valid");
    const c1 = dag.unit("carol", {});
    dag.endorse(c1);
    expect(dag.sign("alice", { cites: [e0, c1] }).body.endorsed).toEqual([c1.hash]);
    expect(dag.verdict("alice", { cites: [e0, c1] })).toBe("valid");
  });

  it("waits for a quorum that is not known here", () => {
    const { dag, c0 } = forked();
    dag.endorse(c0, ["alice", "erin"]);
    expect(dag.verdict("erin", { cites: [c0], claims: [c0] })).toBe("MissingDependency");
  });
});

describe("evidence of conflicting endorsements (E2)", () => {
  function conflict() {
    const { dag, a0, b, other } = forked();
    const { instance } = dag;
    const later = dag.unit("bob", { after: other, t: 30 });
    dag.endorse(b, ["erin"]);
    const found = dag.endorse(later, ["erin", "dan"]);
    const evidence = createEndorsementEvidence(
      instance,
      { unit: later, endorsement: dag.endorsement(later, "erin") },
      { unit: b, endorsement: dag.endorsement(b, "erin") },
    ) as EndorsementEvidence;
    return { dag, instance, a0, b, other, later, found, evidence };
  }

  it("is found when the second endorsement comes in, and holds", () => {
    const { instance, b, later, found, evidence } = conflict();
    expect(found).toEqual([{ endorser: 4, first: b, second: later }]);
    expect(evidence.lane).toHaveLength(2);
    expect(verifyEvidence(evidence, instance)).toMatchObject({ ok: true });
    expect(perpetratorOf(evidence)).toBe(4);
    expect(decodeEvidence(encodeEvidence(evidence))).toEqual({ ok: true, value: evidence });
  });

  it("does not arise from endorsements up one lane", () => {
    const { dag, other, later } = conflict();
    expect(dag.endorse(other, ["alice"])).toEqual([]);
    expect(dag.endorse(later, ["alice"])).toEqual([]);
  });

  it("is not made when the units lie further apart than the genesis allows", () => {
    const dag = drawDag(five, { lnc: true, endorseEvidenceLimit: 1 });
    const a0 = dag.unit("alice", { block: "A" });
    const b = dag.unit("bob", { cites: [a0], t: 10 });
    let last = dag.unit("bob", { cites: [a0], after: "nothing", t: 20 });
    for (const t of [1000, 2000]) last = dag.unit("bob", { after: last, t });
    const side = (unit: DagUnit) => ({ unit, endorsement: dag.endorsement(unit, "erin") });
    expect(createEndorsementEvidence(dag.instance, side(b), side(last))).toBeUndefined();
  });

  type Change = (evidence: EndorsementEvidence) => EndorsementEvidence;
  const anotherHash = keccakHash(utf8("another"));
  test.each<{ code: string; change: Change }>([
    { code: "UnknownPerpetrator", change: (e) => ({ ...e, second: { ...e.second, endorser: 3 } }) },
    {
      code: "UnknownPerpetrator",
      change: (e) => ({ ...e, first: { ...e.first, endorser: 9 }, second: { ...e.second, endorser: 9 } }),
    },
    { code: "EndorsementTooManyUnits", change: (e) => ({ ...e, lane: new Array(66).fill(e.lane[0]) }) },
    { code: "EndorsementWrongHash", change: (e) => ({ ...e, firstUnit: { ...e.firstUnit, bodyHash: anotherHash } }) },
    { code: "EndorsementWrongHash", change: (e) => ({ ...e, lane: e.lane.slice(1) }) },
    { code: "EndorsementDifferentCreators", change: (e) => ({ ...e, firstUnit: { ...e.firstUnit, creator: 0 } }) },
    { code: "EndorsementInvalidSwimlane", change: (e) => ({ ...e, lane: e.lane.slice(0, 1) }) },
    { code: "EndorsementInvalidSwimlane", change: (e) => ({ ...e, lane: [] }) },
    { code: "EquivocationInstanceId", change: (e) => ({ ...e, firstUnit: { ...e.firstUnit, instance: anotherHash } }) },
    {
      code: "Signature",
      change: (e) => ({
        ...e,
        second: { ...e.second, signature: signDigest(new Uint8Array(32).fill(7), new Uint8Array(32).fill(9)) },
      }),
    },
  ])("$code is noticed", ({ code, change }) => {
    const { instance, evidence } = conflict();
    const check = verifyEndorsementEvidence(change(evidence), instance);
    expect(check.ok ? "accepted" : check.rejection.code).toBe(code);
  });

  it("EquivocationSameUnit: two endorsements up one lane prove nothing", () => {
    const { dag, instance, other, later } = conflict();
    const evidence = createEndorsementEvidence(
      instance,
      { unit: other, endorsement: dag.endorsement(other, "erin") },
      { unit: later, endorsement: dag.endorsement(later, "erin") },
    ) as EndorsementEvidence;
    expect(verifyEvidence(evidence, instance)).toMatchObject({ rejection: { code: "EquivocationSameUnit" } });
  });
});
