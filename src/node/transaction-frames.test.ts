import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRlp, keccakHash, utf8 } from "../primitives/index.ts";
import {
  announcementFrames,
  bodyFrames,
  encodeAnswer,
  encodeQuestion,
  readAnswer,
  readFrame,
  readQuestion,
} from "./transaction-frames.ts";

const body = fc.uint8Array({ minLength: 1, maxLength: 300 });
const announcement = (index: number) => ({ hash: keccakHash(utf8(String(index))), size: index * 7 });

describe("frames of transactions", () => {
  it("carry bodies in order, few enough to a frame", () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 130 }), (bodies) => {
        const frames = bodyFrames(bodies).map((frame) => readFrame(frame));
        expect(frames.flatMap((frame) => frame?.bodies)).toEqual(bodies);
        for (const frame of frames) expect(frame?.bodies.length).toBeLessThanOrEqual(50);
      }),
      { numRuns: 20 },
    );
  });

  it("carry announcements, and are told apart from bodies", () => {
    const announced = Array.from({ length: 1_500 }, (_, index) => announcement(index));
    const frames = announcementFrames(announced).map((frame) => readFrame(frame));
    expect(frames).toHaveLength(2);
    expect(frames.flatMap((frame) => frame?.announced)).toEqual(announced);
    expect(frames.flatMap((frame) => frame?.bodies)).toEqual([]);
  });

  it("stay below the size of a message, whatever the bodies", () => {
    const large = Array.from({ length: 9 }, () => new Uint8Array(120_000).fill(1));
    for (const frame of bodyFrames(large)) expect(frame.length).toBeLessThan(300_000);
    // What does not fit is asked for again.
    expect(readAnswer(encodeAnswer(large))).toHaveLength(2);
  });

  it.each([
    { what: "noise", payload: utf8("no list at all") },
    { what: "too many bodies", payload: encodeRlp(Array.from({ length: 201 }, () => Uint8Array.of(1))) },
    {
      what: "too many announcements",
      payload: encodeRlp(Array.from({ length: 1_025 }, () => [new Uint8Array(32), Uint8Array.of(1)])),
    },
    { what: "an announcement of a short hash", payload: encodeRlp([[new Uint8Array(31), Uint8Array.of(1)]]) },
    { what: "an announcement without a size", payload: encodeRlp([[new Uint8Array(32)]]) },
    { what: "an announcement with a list for a size", payload: encodeRlp([[new Uint8Array(32), []]]) },
  ])("with $what are refused", ({ payload }) => {
    expect(readFrame(payload)).toBeUndefined();
  });

  it("ask for hashes, not too many at once, and nothing else", () => {
    const hashes = [announcement(1).hash, announcement(2).hash];
    expect(readQuestion(encodeQuestion(hashes))).toEqual(hashes);
    expect(readQuestion(encodeRlp([Uint8Array.of(1)]))).toBeUndefined();
    expect(readQuestion(encodeRlp(Array.from({ length: 513 }, () => new Uint8Array(32))))).toBeUndefined();
    expect(readAnswer(encodeRlp([[]]))).toBeUndefined();
  });
});
