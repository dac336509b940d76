import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import { type Hash, hashToBytes, keccakHash, utf8 } from "../primitives/index.ts";
import { decodeEvidence, encodeEvidence, instanceOfEvidence, perpetratorOf, verifyEvidence } from "./evidence.ts";
import { createFinalityEvidence } from "./finality-evidence.ts";
import {
  decodeFinalityProof,
  encodeFinalityProof,
  type FinalityProof,
  isProof,
  signFinality,
  verifyFinalityProof,
  verifyFinalitySignature,
} from "./finality-signature.ts";
import { FinalitySignatures } from "./finality-signatures.ts";
import type { Instance } from "./instance.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { requiredQuorum, thresholdFromFraction } from "./quorum.ts";
import { type UnitHash, unitHashFromBytes } from "./unit.ts";

const { instance } = drawDag({ alice: 1, bob: 1, carol: 1, dan: 3 });
const otherEra: Instance = drawDag({ alice: 1, bob: 1, carol: 1, dan: 4 }).instance;
const A = keccakHash(utf8("A"));
const B = keccakHash(utf8("B"));
const [U, V] = ["U", "V"].map((name) => unitHashFromBytes(hashToBytes(keccakHash(utf8(name))))) as [UnitHash, UnitHash];
const sign = (index: number, block = A, height = 32, within = instance, unit = U) =>
  signFinality(within, { index, privateKey: drawnKey(index) }, { height, block, unit });
const at = (height: number, block: Hash) => ({ height, block, unit: U });

describe("a finality signature", () => {
  test.each([
    { rule: "is valid for its block, height and instance", signed: sign(1), code: undefined },
    { rule: "of another block is not", signed: { ...sign(1), block: B }, code: "Signature" },
    { rule: "of another unit of the block is not", signed: { ...sign(1), unit: V }, code: "Signature" },
    { rule: "of another height is not", signed: { ...sign(1), height: 33 }, code: "Signature" },
    { rule: "of another era is not", signed: sign(1, A, 32, otherEra), code: "Signature" },
    { rule: "of somebody else is not", signed: { ...sign(1), validator: 2 }, code: "Signature" },
    { rule: "of nobody in the committee is not", signed: { ...sign(1), validator: 4 }, code: "UnknownSigner" },
  ])("$rule", ({ signed, code }) => {
    const check = verifyFinalitySignature(signed, instance);
    expect(check.ok ? undefined : check.rejection.code).toBe(code);
  });

  it("of a banned validator does not count", () => {
    const banned = drawDag({ alice: 1, bob: 1, carol: 1 }, {}, [1]).instance;
    const check = verifyFinalitySignature(sign(1, A, 32, banned), banned);
    expect(check).toMatchObject({ ok: false, rejection: { code: "Banned" } });
  });

  it("travels as it is", () => {
    const message = { kind: "finality", instance: instance.id, signed: sign(3) } as const;
    expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, value: message });
  });
});

describe("a proof of finality", () => {
  it("takes the least weight at which finality at a third goes on, and two of them share more than a third", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_150 }), (total) => {
        const t = thresholdFromFraction(1 / 3, total);
        const least = requiredQuorum(20, t, total);
        for (const weight of [least, total]) expect(isProof(weight, total)).toBe(true);
        const weakest = Math.floor((total + t) / 2) + 1;
        expect([isProof(weakest, total), isProof(weakest - 1, total)]).toEqual([true, false]);
        expect(3 * (2 * weakest - total)).toBeGreaterThanOrEqual(total);
      }),
    );
  });

  const proofBy = (...indexes: number[]): FinalityProof => ({
    height: 32,
    block: A,
    unit: U,
    signatures: indexes.map((index) => ({ validator: index, signature: sign(index).signature })),
  });

  test.each([
    { rule: "takes two thirds of the weight", proof: proofBy(1, 3), code: undefined },
    { rule: "is none with half of it", proof: proofBy(3), code: "TooLittleWeight" },
    { rule: "is none without the strongest", proof: proofBy(0, 1, 2), code: "TooLittleWeight" },
    { rule: "does not count a validator twice", proof: proofBy(3, 3), code: "SignersNotInOrder" },
    { rule: "is none with a forged signature", proof: { ...proofBy(1, 2, 3), block: B }, code: "Signature" },
    { rule: "is none for another unit of the block", proof: { ...proofBy(1, 2, 3), unit: V }, code: "Signature" },
  ])("$rule", ({ proof, code }) => {
    const check = verifyFinalityProof(proof, instance);
    expect(check.ok ? undefined : check.rejection.code).toBe(code);
  });

  it("is the same after it was stored", () => {
    expect(decodeFinalityProof(encodeFinalityProof(proofBy(0, 2, 3)))).toEqual({ ok: true, value: proofBy(0, 2, 3) });
  });
});

describe("gathered signatures", () => {
  it("become a proof when the weight is there, in whatever order they came", () => {
    const gathered = new FinalitySignatures(instance);
    expect(gathered.add(sign(2))).toEqual({ kind: "new" });
    expect(gathered.add(sign(0))).toEqual({ kind: "new" });
    expect(gathered.proofOf(at(32, A)).complete).toBe(false);
    expect(gathered.add(sign(0))).toEqual({ kind: "known" });
    expect(gathered.proofOf(at(32, A)).complete).toBe(false);
    expect(gathered.add(sign(3))).toEqual({ kind: "new" });
    const { proof, complete } = gathered.proofOf(at(32, A));
    expect(complete).toBe(true);
    expect(verifyFinalityProof(proof, instance).ok).toBe(true);
    expect(gathered.proofOf(at(32, B)).proof.signatures).toEqual([]);
  });

  it("of two units of one block are no proof together, and accuse whoever signed both", () => {
    const gathered = new FinalitySignatures(instance);
    for (const index of [0, 1, 2]) gathered.add(sign(index));
    gathered.add(sign(3, A, 32, instance, V));
    expect(gathered.proofOf(at(32, A)).complete).toBe(false);
    const evidence = createFinalityEvidence(instance.id, sign(3), sign(3, A, 32, instance, V));
    expect(gathered.add(sign(3))).toEqual({ kind: "conflict", evidence });
    expect(evidence && verifyEvidence(evidence, instance).ok).toBe(true);
  });

  it("accuse nobody by one signature told twice", () => {
    const evidence = { kind: "finality" as const, instance: instance.id, first: sign(1), second: sign(1) };
    expect(verifyEvidence(evidence, instance)).toMatchObject({
      ok: false,
      rejection: { code: "EquivocationSameUnit" },
    });
  });

  it("accuse once whoever signs two blocks of one height", () => {
    const gathered = new FinalitySignatures(instance);
    gathered.add(sign(1, B));
    const evidence = createFinalityEvidence(instance.id, sign(1, A), sign(1, B));
    expect(evidence).toBeDefined();
    expect(gathered.add(sign(1, A))).toEqual({ kind: "conflict", evidence });
    expect(gathered.add(sign(1, A))).toEqual({ kind: "ignored" });
    expect(gathered.proofOf(at(32, A)).proof.signatures).toEqual([]);
  });

  it("do not accuse for signatures of two heights, and keep only the first", () => {
    const gathered = new FinalitySignatures(instance);
    gathered.add(sign(1, A, 32));
    expect(gathered.add(sign(1, B, 33))).toEqual({ kind: "ignored" });
    expect(gathered.proofOf(at(33, B)).proof.signatures).toEqual([]);
  });
});

describe("two finality signatures for one height", () => {
  const evidence = createFinalityEvidence(instance.id, sign(1, B), sign(1, A));
  if (evidence === undefined) throw new Error("two blocks of one height are evidence");
  const verdict = (changed: Partial<typeof evidence>, within = instance) => {
    const check = verifyEvidence({ ...evidence, ...changed }, within);
    return check.ok ? "guilty" : check.rejection.code;
  };

  it("convict whoever signed both", () => {
    expect(verdict({})).toBe("guilty");
    expect(perpetratorOf(evidence)).toBe(1);
    expect(instanceOfEvidence(evidence)).toBe(instance.id);
  });

  it("convict nobody of another era, nobody unknown, and nobody else", () => {
    expect(verdict({}, otherEra)).toBe("EquivocationInstanceId");
    expect(verdict({ first: { ...evidence.first, validator: 9 } })).toBe("UnknownPerpetrator");
    expect(verdict({ second: { ...sign(2, B), validator: 1 } })).toBe("Signature");
    expect(createFinalityEvidence(instance.id, sign(1, A, 32), sign(1, B, 33))).toBeUndefined();
    expect(createFinalityEvidence(instance.id, sign(1, A), sign(1, A))).toBeUndefined();
  });

  it("have one encoding", () => {
    expect(decodeEvidence(encodeEvidence(evidence))).toEqual({ ok: true, value: evidence });
    const swapped = { ...evidence, first: evidence.second, second: evidence.first };
    expect(decodeEvidence(encodeEvidence(swapped)).ok).toBe(false);
    const twice = { ...evidence, second: evidence.first };
    expect(decodeEvidence(encodeEvidence(twice)).ok).toBe(false);
  });
});
