import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../primitives/index.ts";
import { type Channel, channelsByRank } from "./channel.ts";
import { encodeFrame, type Frame, FrameReader, type FrameRejection, fragmentBytes } from "./frame.ts";

const maxima: Record<Channel, number> = {
  status: 1_000,
  consensus: 300_000,
  checkpoint: 1_000,
  rootset: 1_000,
  blocks: 300_000,
  transactions: 1_000,
};

const frames: fc.Arbitrary<Frame> = fc
  .record({
    channel: fc.constantFrom(...channelsByRank),
    kind: fc.constantFrom("notify", "request", "response", "error", "hello", "goodbye", "ping", "pong"),
    id: fc.nat({ max: 0xffffffff }),
    size: fc.oneof(
      fc.nat({ max: 1_000 }),
      fc.constantFrom(fragmentBytes - 1, fragmentBytes, fragmentBytes + 1, 300_000),
    ),
  })
  .map(({ channel, kind, id, size }) => ({
    channel,
    kind,
    id,
    payload: new Uint8Array(Math.min(size, maxima[channel])).fill(id % 256),
  }));

function readAll(reader: FrameReader): { frames: Frame[]; rejection?: FrameRejection } {
  const read: Frame[] = [];
  for (;;) {
    const next = reader.next();
    if (!next.ok) return { frames: read, rejection: next.rejection };
    if (next.value === undefined) return { frames: read };
    read.push(next.value);
  }
}

describe("a frame reader", () => {
  it("gives back what was written, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 6 }), fc.array(fc.nat(100_000), { maxLength: 20 }), (sent, cuts) => {
        const wire = concatBytes(...sent.map(encodeFrame));
        const reader = new FrameReader(maxima);
        const got: Frame[] = [];
        let from = 0;
        for (const cut of [...cuts.map((each) => each % (wire.length + 1)).sort((a, b) => a - b), wire.length]) {
          reader.push(wire.subarray(from, cut));
          from = cut;
          const part = readAll(reader);
          expect(part.rejection).toBeUndefined();
          got.push(...part.frames);
        }
        expect(got.length).toBe(sent.length);
        for (const [i, frame] of got.entries()) {
          const { payload, ...head } = sent[i] as Frame;
          expect(frame).toMatchObject(head);
          expect(Buffer.compare(frame.payload, payload)).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("answers arbitrary bytes with frames, a wait or a rejection, never with an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reader = new FrameReader(maxima);
        reader.push(bytes);
        expect(readAll(reader).frames.length).toBeLessThanOrEqual(bytes.length / 10);
      }),
    );
  });

  it("notices a changed byte in the head of a frame or reads another valid head", () => {
    const whole = encodeFrame({ channel: "blocks", kind: "request", id: 7, payload: new Uint8Array(100) });
    fc.assert(
      fc.property(fc.nat(9), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = whole.slice();
        changed[at] = (changed[at] as number) ^ flip;
        const reader = new FrameReader(maxima);
        reader.push(changed);
        expect(() => readAll(reader)).not.toThrow();
      }),
    );
  });
});
