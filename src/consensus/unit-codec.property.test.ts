import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesToHex, encodeRlp, type Hash, type RlpItem, timestamp } from "../primitives/index.ts";
import { type ConsensusMessage, decodeMessage, encodeMessage, type MessageBody } from "./messages.ts";
import type { UnitHash, WireUnit } from "./unit.ts";
import { decodeUnit, encodeUnit, unitToRlp } from "./unit-codec.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = bytes(32).map((value) => bytesToHex(value) as Hash);
const unitHash = hash.map((value) => value as string as UnitHash);
const safeInteger = fc.maxSafeNat();
const optionalHash = fc.option(unitHash, { nil: undefined });

const wireUnit: fc.Arbitrary<WireUnit> = fc.record({
  instance: hash,
  creator: safeInteger,
  seq: safeInteger,
  prev: optionalHash,
  body: fc.record({
    panoramaRoot: hash,
    observations: fc.array(safeInteger, { maxLength: 20 }),
    t: safeInteger.map(timestamp),
    roundExp: safeInteger,
    blockHash: fc.option(hash, { nil: undefined }),
    endorsed: fc.uniqueArray(unitHash, { maxLength: 4 }).map((hashes) => [...hashes].sort()),
  }),
  signature: bytes(65),
  hashes: fc.array(unitHash, { maxLength: 20 }),
});

const header = fc.record({
  instance: hash,
  creator: fc.nat(0xffff_ffff),
  seq: safeInteger,
  prev: optionalHash,
  bodyHash: hash,
  signature: bytes(65),
});

const endorsements = fc
  .tuple(unitHash, fc.uniqueArray(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 5 }), bytes(65))
  .map(([unit, endorsers, signature]) =>
    [...endorsers].sort((a, b) => a - b).map((endorser) => ({ unit, endorser, signature })),
  );

const unsignedHeader = header.map(({ signature: _, ...rest }) => rest);

const endorsementEvidence = fc
  .tuple(fc.nat(0xffff_ffff), unitHash, unitHash, bytes(65), unsignedHeader, fc.array(unsignedHeader, { maxLength: 4 }))
  .map(([endorser, a, b, signature, firstUnit, lane]) => ({
    kind: "endorsements" as const,
    first: { unit: a, endorser, signature },
    second: { unit: b, endorser, signature },
    firstUnit,
    lane,
  }));

const finalityEvidence = fc
  .tuple(hash, safeInteger, safeInteger, fc.uniqueArray(hash, { minLength: 2, maxLength: 2 }), unitHash, bytes(65))
  .map(([instance, validator, height, blocks, unit, signature]) => {
    const [a, b] = [...blocks].sort() as [Hash, Hash];
    const half = (block: Hash) => ({ validator, height, block, unit, signature });
    return { kind: "finality" as const, instance, first: half(a), second: half(b) };
  });

const payload = fc.uint8Array({ maxLength: 200 });

const body: fc.Arbitrary<MessageBody> = fc.oneof(
  fc.record({ kind: fc.constant("unit" as const), unit: wireUnit, payload: fc.option(payload, { nil: undefined }) }),
  fc.record({
    kind: fc.constant("evidence" as const),
    evidence: fc.record({ kind: fc.constant("equivocation" as const), first: header, second: header }),
  }),
  fc.record({
    kind: fc.constant("ping" as const),
    ping: fc.record({ creator: safeInteger, t: safeInteger.map(timestamp), signature: bytes(65) }),
  }),
  fc.record({ kind: fc.constant("block" as const), block: unitHash, payload }),
  fc.record({ kind: fc.constant("getUnit" as const), unit: unitHash }),
  fc.record({ kind: fc.constant("getEndorsements" as const), unit: unitHash }),
  fc.record({ kind: fc.constant("getPanorama" as const), unit: unitHash }),
  endorsements.map((list) => ({ kind: "endorsements" as const, endorsements: list })),
  fc.record({ kind: fc.constant("evidence" as const), evidence: endorsementEvidence }),
  fc.record({ kind: fc.constant("evidence" as const), evidence: finalityEvidence }),
  fc.record({ kind: fc.constant("getLane" as const), creator: safeInteger, from: safeInteger, to: safeInteger }),
  fc.record({ kind: fc.constant("getEvidence" as const), creator: safeInteger }),
  fc.record({ kind: fc.constant("getBlock" as const), block: unitHash }),
  fc.record({
    kind: fc.constant("state" as const),
    panorama: fc.array(fc.oneof(fc.nat(2 ** 31), fc.constant("faulty" as const)), { maxLength: 20 }),
    answer: fc.boolean(),
  }),
);
const message: fc.Arbitrary<ConsensusMessage> = fc.tuple(hash, body).map(([instance, rest]) => ({ instance, ...rest }));

describe("I-34 units and messages on the wire", () => {
  test("what is encoded decodes to itself", () => {
    fc.assert(
      fc.property(wireUnit, (unit) => {
        expect(decodeUnit(encodeUnit(unit))).toEqual({ ok: true, value: unit });
      }),
    );
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeMessage(encodeMessage(sent))).toEqual({ ok: true, value: sent });
      }),
    );
  });

  test("bytes that decode are the only bytes of their value", () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (sent, position, value) => {
        const changed = encodeMessage(sent).slice();
        changed[position % changed.length] = value;
        const decoded = decodeMessage(changed);
        if (decoded.ok) expect(encodeMessage(decoded.value)).toEqual(changed);
      }),
      { numRuns: 500 },
    );
  });

  test("decoding answers, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(typeof decodeMessage(noise).ok).toBe("boolean");
        expect(typeof decodeUnit(noise).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
    // Noise that is RLP at least gets past the first reader.
    const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
      item: fc.oneof({ maxDepth: 4 }, fc.uint8Array({ maxLength: 33 }), fc.array(tie("item"), { maxLength: 8 })),
    }));
    fc.assert(
      fc.property(item, (value) => {
        expect(typeof decodeMessage(encodeRlp(value)).ok).toBe("boolean");
        expect(typeof decodeUnit(encodeRlp(value)).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    { rule: "a byte after the end", spoil: (encoded: Uint8Array) => Uint8Array.of(...encoded, 0) },
    { rule: "a missing last byte", spoil: (encoded: Uint8Array) => encoded.subarray(0, -1) },
  ])("refuses $rule", ({ spoil }) => {
    fc.assert(
      fc.property(wireUnit, (unit) => {
        expect(decodeUnit(spoil(encodeUnit(unit)))).toMatchObject({ ok: false, rejection: { code: "Malformed" } });
      }),
      { numRuns: 20 },
    );
  });

  test.each<{ rule: string; spoil: (fields: RlpItem[], body: RlpItem[]) => void }>([
    { rule: "an integer with a leading zero", spoil: (fields) => (fields[2] = Uint8Array.of(0, 5)) },
    { rule: "a zero that is not empty", spoil: (fields) => (fields[3] = Uint8Array.of(0)) },
    { rule: "an integer above 2^53 − 1", spoil: (fields) => (fields[3] = Uint8Array.of(0x20, 0, 0, 0, 0, 0, 0)) },
    { rule: "an unknown version", spoil: (fields) => (fields[0] = Uint8Array.of(2)) },
    { rule: "one field too many", spoil: (fields) => fields.push(new Uint8Array(0)) },
    { rule: "a short hash", spoil: (fields) => (fields[1] = new Uint8Array(31)) },
    { rule: "a short signature", spoil: (fields) => (fields[6] = new Uint8Array(64)) },
    { rule: "a body with a field too few", spoil: (_, body) => body.pop() },
    {
      rule: "endorsed units out of order",
      spoil: (_, body) => (body[5] = [new Uint8Array(32).fill(2), new Uint8Array(32)]),
    },
    { rule: "an endorsed unit twice", spoil: (_, body) => (body[5] = [new Uint8Array(32), new Uint8Array(32)]) },
  ])("refuses $rule", ({ spoil }) => {
    const [unit] = fc.sample(wireUnit, { numRuns: 1, seed: 7 });
    const fields = [...(unitToRlp(unit as WireUnit) as readonly RlpItem[])];
    const unitBody = [...(fields[5] as readonly RlpItem[])];
    fields[5] = unitBody;
    expect(decodeUnit(encodeRlp(fields)).ok).toBe(true);
    spoil(fields, unitBody);
    expect(decodeUnit(encodeRlp(fields)).ok).toBe(false);
  });

  test("refuses a unit above 64 kB, alone and in a message", () => {
    const [sample] = fc.sample(wireUnit, { numRuns: 1, seed: 7 });
    const unit = sample as WireUnit;
    const big = { ...unit, hashes: new Array<UnitHash>(2000).fill(`0x${"11".repeat(32)}` as UnitHash) };
    expect(decodeUnit(encodeUnit(big))).toMatchObject({ rejection: { code: "TooLarge" } });
    const sent = encodeMessage({ instance: unit.instance, kind: "unit", unit: big, payload: undefined });
    expect(decodeMessage(sent)).toMatchObject({ rejection: { code: "Malformed" } });
    const long = encodeMessage({ instance: unit.instance, kind: "unit", unit, payload: new Uint8Array(2_000_000) });
    expect(decodeMessage(long).ok).toBe(true);
  });
});
