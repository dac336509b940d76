import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawDag, drawnKey } from "../../test/support/draw-dag.ts";
import {
  type Bytes,
  bigintToFixedBytes,
  bytesToBigint,
  concatBytes,
  type Hash,
  hashToBytes,
  keccakHash,
  utf8,
} from "../primitives/index.ts";
import { perpetratorOf, verifyEvidence } from "./evidence.ts";
import { FinalityGathering, type GatheringEffect } from "./finality-gathering.ts";
import { type FinalityProof, type FinalitySignature, signFinality, verifyFinalityProof } from "./finality-signature.ts";
import type { Instance } from "./instance.ts";
import { decodeMessage, encodeMessage } from "./messages.ts";
import { unitHashFromBytes } from "./unit.ts";

// Mallory holds one key of five and may say anything; the four honest ones hold just what a proof takes.
const weights = { mallory: 3, alice: 2, bob: 2, carol: 2, dan: 1 };
const [MALLORY, ALICE] = [0, 1];
const HONEST = [1, 2, 3, 4];
const { instance } = drawDag(weights);
const otherEra = drawDag({ ...weights, dan: 2 }).instance;
const HEIGHT = 32;
const BLOCK = keccakHash(utf8("the switch block"));
const unitNamed = (name: string) => unitHashFromBytes(hashToBytes(keccakHash(utf8(name))));
const UNIT = unitNamed("the unit that carries it");

const sign = (index: number, block: Hash, height = HEIGHT, within: Instance = instance, unit = UNIT) =>
  signFinality(within, { index, privateKey: drawnKey(index) }, { height, block, unit });
const honest = new Map(HONEST.map((index) => [index, sign(index, BLOCK)]));
const frameOf = (signed: FinalitySignature, within: Instance = instance): Bytes =>
  encodeMessage({ kind: "finality", instance: within.id, signed });

/** The same statement with the other signature that the curve allows for it. */
function malleated(signed: FinalitySignature): FinalitySignature {
  const { n } = secp256k1.Point.CURVE();
  const s = bigintToFixedBytes(n - bytesToBigint(signed.signature.slice(32, 64)), 32);
  const v = 55 - (signed.signature[64] as number);
  return { ...signed, signature: concatBytes(signed.signature.slice(0, 32), s, Uint8Array.of(v)) };
}

const anyHonest = fc.constantFrom(...HONEST).map((index) => honest.get(index) as FinalitySignature);
const anyBlock = fc.constantFrom(BLOCK, ...["A", "B", "C"].map((name) => keccakHash(utf8(name))));
const anyUnit = fc.constantFrom(UNIT, unitNamed("another unit of the switch block"));
const anyHeight = fc.constantFrom(0, HEIGHT - 1, HEIGHT, HEIGHT + 1, Number.MAX_SAFE_INTEGER);
const anyIndex = fc.constantFrom(0, 1, 2, 3, 4, 5, 149, Number.MAX_SAFE_INTEGER);

/** Frames that a peer without any honest key can send. */
const hostileFrame: fc.Arbitrary<Bytes> = fc.oneof(
  anyHonest.map((signed) => frameOf(signed)),
  anyHonest.map((signed) => frameOf(malleated(signed))),
  fc.tuple(anyHonest, anyIndex, anyHeight, anyBlock, anyUnit).map(([signed, validator, height, block, unit]) => {
    return frameOf({ ...signed, validator, height, block, unit });
  }),
  fc.tuple(anyHeight, anyBlock, anyUnit).map(([height, block, unit]) => {
    return frameOf(sign(MALLORY, block, height, instance, unit));
  }),
  anyBlock.map((block) => frameOf(sign(MALLORY, block))),
  fc.constantFrom(...HONEST).map((index) => frameOf(sign(index, BLOCK, HEIGHT, otherEra))),
  // Said in the other era, and told as if it had been said in this one.
  fc.constantFrom(...HONEST).map((index) => frameOf(sign(index, keccakHash(utf8("A")), HEIGHT, otherEra), otherEra)),
  fc.tuple(anyHonest, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([signed, place, flip]) => {
    const frame = Uint8Array.from(frameOf(signed));
    const at = place % frame.length;
    frame[at] = (frame[at] as number) ^ flip;
    return frame;
  }),
  fc.tuple(anyHonest, fc.nat()).map(([signed, cut]) => frameOf(signed).subarray(0, cut % frameOf(signed).length)),
  fc.uint8Array({ maxLength: 120 }),
);

type Step = { readonly kind: "conclude" } | { readonly kind: "frame"; readonly frame: Bytes; readonly from: string };

/** What the honest ones send, each once, and the end of the era here, in any order among everything hostile. */
const anyCourse = fc
  .tuple(
    fc.array(hostileFrame, { minLength: 5, maxLength: 40, size: "max" }),
    fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
  )
  .map(([hostile, places]): readonly Step[] => {
    const steps: Step[] = hostile.map((frame) => ({ kind: "frame", frame, from: "mallory" }));
    const own: Step[] = [{ kind: "conclude" }];
    for (const [index, signed] of honest) {
      if (index !== ALICE) own.push({ kind: "frame", frame: frameOf(signed), from: `validator ${index}` });
    }
    for (const [i, step] of own.entries()) steps.splice((places[i] as number) % (steps.length + 1), 0, step);
    return steps;
  });

function play(course: readonly Step[]): readonly GatheringEffect[] {
  const gathering = new FinalityGathering(instance, { index: ALICE, privateKey: drawnKey(ALICE) });
  return course.flatMap((step): readonly GatheringEffect[] => {
    if (step.kind === "conclude") {
      return gathering.conclude({ height: HEIGHT, block: BLOCK, unit: UNIT }, { signed: undefined, amnesia: false });
    }
    const message = decodeMessage(step.frame);
    // As a node does: what does not decode, or is of another instance, does not come here.
    if (!message.ok || message.value.kind !== "finality" || message.value.instance !== instance.id) return [];
    return gathering.receive(message.value.signed, step.from);
  });
}

const only = <K extends GatheringEffect["kind"]>(effects: readonly GatheringEffect[], kind: K) =>
  effects.filter((effect): effect is Extract<GatheringEffect, { kind: K }> => effect.kind === kind);

test("hostile finality signatures are never counted, accuse nobody honest, and keep no honest one out", () => {
  let refused = 0;
  let accused = 0;
  fc.assert(
    fc.property(anyCourse, (course) => {
      const effects = play(course);
      const proofs: readonly FinalityProof[] = only(effects, "gathered").map(({ proof }) => proof);
      for (const { height, block, signatures } of proofs) {
        expect([height, block]).toEqual([HEIGHT, BLOCK]);
        for (const { validator, signature } of signatures) {
          if (validator !== MALLORY) expect(signature).toEqual(honest.get(validator)?.signature);
        }
      }
      const last = proofs.at(-1) as FinalityProof;
      // Without Mallory's word that takes every honest one.
      expect(verifyFinalityProof(last, instance).ok).toBe(true);
      for (const { from } of only(effects, "forged")) expect(from).toBe("mallory");
      for (const { evidence } of only(effects, "conflict")) {
        expect(perpetratorOf(evidence)).toBe(MALLORY);
        expect(verifyEvidence(evidence, instance).ok).toBe(true);
      }
      // However much comes: one accusation, ours and the two halves of that to everybody, ours once to each of the others.
      expect(only(effects, "conflict").length).toBeLessThanOrEqual(1);
      expect(only(effects, "broadcast").length).toBeLessThanOrEqual(3);
      expect(only(effects, "send").length).toBeLessThanOrEqual(4);
      expect(only(effects, "persistFinality")).toHaveLength(1);
      refused += only(effects, "forged").length;
      accused += only(effects, "conflict").length;
    }),
    { numRuns: 60 },
  );
  // It was an attack.
  expect(refused).toBeGreaterThan(60);
  expect(accused).toBeGreaterThan(0);
});
