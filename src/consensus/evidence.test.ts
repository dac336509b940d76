import { TypedDataEncoder } from "ethers";
import { describe, expect, it, test } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { hexToBytes, keccakHash, signDigest, utf8, zeroHash } from "../primitives/index.ts";
import {
  createEquivocationEvidence,
  decodeEvidence,
  type EquivocationEvidence,
  encodeEvidence,
  perpetratorOf,
  verifyEvidence,
} from "./evidence.ts";
import { headerOf, type SignedHeader } from "./signed-header.ts";
import { hashHeader, headerDigest } from "./unit.ts";

/** Bob makes two units number 0. */
function fork() {
  const dag = drawDag({ alice: 1, bob: 1, carol: 1 });
  const a0 = dag.unit("alice", { block: "A" });
  const first = dag.sign("bob", { cites: [a0], t: 10 });
  const second = dag.sign("bob", { cites: [a0], t: 20 });
  const { domain } = dag.instance;
  const evidence = createEquivocationEvidence(domain, headerOf(first), headerOf(second));
  return { dag, a0, first, second, evidence, domain };
}

describe("verifyEvidence", () => {
  it("accepts two different units of one creator with one number", () => {
    const { dag, evidence } = fork();
    expect(verifyEvidence(evidence, dag.instance)).toMatchObject({ ok: true });
    expect(perpetratorOf(evidence)).toBe(1);
  });

  function rejectionOf(change: (evidence: EquivocationEvidence) => EquivocationEvidence): string {
    const { dag, evidence } = fork();
    const check = verifyEvidence(change(evidence), dag.instance);
    return check.ok ? "accepted" : check.rejection.code;
  }

  it("UnknownPerpetrator: the accused is in the committee", () => {
    const stranger = (header: SignedHeader) => ({ ...header, creator: 3 });
    expect(rejectionOf((e) => ({ ...e, first: stranger(e.first), second: stranger(e.second) }))).toBe(
      "UnknownPerpetrator",
    );
  });

  it("EquivocationDifferentCreators: both units are of one creator", () => {
    expect(rejectionOf((e) => ({ ...e, second: { ...e.second, creator: 0 } }))).toBe("EquivocationDifferentCreators");
  });

  it("EquivocationDifferentSeqNumbers: both units have one number", () => {
    expect(rejectionOf((e) => ({ ...e, second: { ...e.second, seq: 1 } }))).toBe("EquivocationDifferentSeqNumbers");
  });

  it("EquivocationInstanceId: both units are of this instance", () => {
    const instance = keccakHash(utf8("another era"));
    expect(rejectionOf((e) => ({ ...e, second: { ...e.second, instance } }))).toBe("EquivocationInstanceId");
    expect(rejectionOf((e) => ({ ...e, first: { ...e.first, instance }, second: { ...e.second, instance } }))).toBe(
      "EquivocationInstanceId",
    );
  });

  it("EquivocationSameUnit: a second signature over one unit is no fault", () => {
    expect(rejectionOf((e) => ({ ...e, second: e.first }))).toBe("EquivocationSameUnit");
    const resigned = (header: SignedHeader): SignedHeader => ({
      ...header,
      signature: header.signature.map((b) => b ^ 1),
    });
    expect(rejectionOf((e) => ({ ...e, second: resigned(e.first) }))).toBe("EquivocationSameUnit");
  });

  it("Signature: the accused signed both", () => {
    const { dag, evidence, domain } = fork();
    const framed = { ...evidence.second, signature: signDigest(headerDigest(domain, evidence.second), drawnKey(2)) };
    expect(verifyEvidence({ ...evidence, second: framed }, dag.instance)).toMatchObject({
      rejection: { code: "Signature" },
    });
  });
});

test("evidence has one form, whichever unit came first", () => {
  const { first, second, evidence, domain } = fork();
  expect(createEquivocationEvidence(domain, headerOf(second), headerOf(first))).toEqual(evidence);
  expect(hashHeader(domain, evidence.first) < hashHeader(domain, evidence.second)).toBe(true);
});

test("evidence survives the store, and nothing but its canonical bytes does", () => {
  const { evidence } = fork();
  const bytes = encodeEvidence(evidence);
  expect(decodeEvidence(bytes)).toEqual({ ok: true, value: evidence });
  expect(decodeEvidence(Uint8Array.of(...bytes, 0))).toMatchObject({ ok: false });
});

describe("a state notices equivocation", () => {
  it("when the second unit of one number comes in, and keeps the pair", () => {
    const { dag, first, second } = fork();
    dag.add(first);
    expect(dag.dag.faultKind(1)).toBeUndefined();
    dag.add(second);
    expect(dag.dag.faultKind(1)).toBe("Direct");
    expect(dag.dag.faultyWeight).toBe(1);
    expect(dag.dag.latest[1]).toBe("faulty");
    const evidence = dag.dag.evidenceAgainst(1);
    expect(evidence && verifyEvidence(evidence, dag.instance)).toMatchObject({ ok: true });
  });

  it("when a fork starts below the latest unit", () => {
    const { dag, a0 } = fork();
    const b0 = dag.unit("bob", { cites: [a0] });
    dag.unit("bob", { cites: [a0] });
    dag.unit("bob", { cites: [a0] });
    const late = dag.unit("bob", { after: b0, t: 5000 });
    expect(dag.dag.evidenceAgainst(1)).toMatchObject({ first: { seq: late.seq } });
  });

  it("once: a third fork changes nothing", () => {
    const { dag, first, second, a0 } = fork();
    dag.add(first);
    dag.add(second);
    const evidence = dag.dag.evidenceAgainst(1);
    dag.unit("bob", { after: "nothing", cites: [a0], t: 30 });
    expect(dag.dag.evidenceAgainst(1)).toBe(evidence);
    expect(dag.dag.faultyWeight).toBe(1);
  });

  it("never with a validator that only keeps going", () => {
    const { dag, a0 } = fork();
    for (let i = 0; i < 20; i++) dag.unit("carol", { cites: [a0] });
    expect(dag.dag.evidence()).toEqual([]);
  });
});

test("the digest of a header is that of EIP-712, as wallets and contracts compute it", () => {
  const header = {
    instance: keccakHash(utf8("instance")),
    creator: 3,
    seq: 7,
    prev: undefined,
    bodyHash: keccakHash(utf8("body")),
  };
  const { domain } = drawDag({ alice: 1 }).instance;
  const types = {
    KomaUnit: [
      { name: "instance", type: "bytes32" },
      { name: "creator", type: "uint32" },
      { name: "seq", type: "uint64" },
      { name: "prev", type: "bytes32" },
      { name: "bodyHash", type: "bytes32" },
    ],
  };
  const value = { ...header, prev: zeroHash };
  const expected = TypedDataEncoder.hash({ name: "KoMaBFT", version: "1", chainId: 80401n }, types, value);
  expect(hashHeader(domain, header)).toBe(expected);
  expect(hexToBytes(hashHeader(domain, header))).toEqual(headerDigest(domain, header));
});
