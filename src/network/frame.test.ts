import { describe, expect, it } from "vitest";
import { type Bytes, concatBytes, utf8 } from "../primitives/index.ts";
import { describeFrameRejection, encodeFragmentHeader, encodeFrame, FrameReader, fragmentBytes } from "./frame.ts";

const maxima = { status: 100, consensus: 200_000, checkpoint: 100, rootset: 100, blocks: 200_000, transactions: 100 };

function rejectionOf(bytes: Bytes) {
  const reader = new FrameReader(maxima);
  reader.push(bytes);
  for (;;) {
    const next = reader.next();
    if (!next.ok) return next.rejection;
    if (next.value === undefined) return undefined;
  }
}

const head = { channel: "blocks", kind: "notify", id: 0 } as const;
const full = new Uint8Array(fragmentBytes);

describe("the wire form of a frame", () => {
  it("is length, channel, kind, id and payload", () => {
    const bytes = encodeFrame({ channel: "consensus", kind: "request", id: 258, payload: utf8("hi") });
    expect(Buffer.from(bytes).toString("hex")).toBe("00000008010100000102" + "6869");
  });

  it("is several fragments above 64 KiB, all full but the last", () => {
    const bytes = encodeFrame({ ...head, payload: new Uint8Array(fragmentBytes + 1) });
    expect(bytes.length).toBe(2 * 10 + fragmentBytes + 1);
    expect(bytes[5]).toBe(0x80);
    expect(bytes[10 + fragmentBytes + 5]).toBe(0);
  });
});

describe("a frame reader refuses", () => {
  it.each([
    { what: "a length below its own header", bytes: [0, 0, 0, 5], code: "Length" },
    { what: "a length above a fragment, before the bytes arrive", bytes: [0, 1, 0, 7], code: "Length" },
    { what: "text", bytes: [...utf8("GET /")], code: "Length" },
    { what: "an unknown channel", bytes: [0, 0, 0, 6, 6, 0, 0, 0, 0, 0], code: "Channel" },
    { what: "an unknown kind", bytes: [0, 0, 0, 6, 1, 8, 0, 0, 0, 0], code: "Kind" },
  ])("$what", ({ bytes, code }) => {
    const rejection = rejectionOf(Uint8Array.from(bytes));
    expect(rejection?.code).toBe(code);
    expect(rejection && describeFrameRejection(rejection)).toMatch(/\w/);
  });

  it("a short fragment that promises more", () => {
    const bytes = concatBytes(encodeFragmentHeader(head, 1, true), Uint8Array.of(1));
    expect(rejectionOf(bytes)).toEqual({ code: "Fragment", channel: "blocks", reason: "short" });
  });

  it("fragments of two messages in one", () => {
    const bytes = concatBytes(
      encodeFragmentHeader(head, full.length, true),
      full,
      encodeFrame({ ...head, id: 1, payload: full }),
    );
    expect(rejectionOf(bytes)).toEqual({ code: "Fragment", channel: "blocks", reason: "mixed" });
  });

  it("a message above its channel's limit as soon as it passes it", () => {
    const begun = concatBytes(encodeFragmentHeader(head, full.length, true), full);
    expect(rejectionOf(concatBytes(begun, begun, begun))).toBeUndefined();
    expect(rejectionOf(concatBytes(begun, begun, begun, begun))).toMatchObject({ code: "TooLarge", max: 200_000 });
    expect(
      rejectionOf(encodeFrame({ channel: "status", kind: "ping", id: 0, payload: new Uint8Array(101) })),
    ).toMatchObject({
      code: "TooLarge",
      channel: "status",
    });
  });
});

it("lets a message of one channel pass between the fragments of another", () => {
  const reader = new FrameReader(maxima);
  const vote = encodeFrame({ channel: "consensus", kind: "notify", id: 0, payload: utf8("vote") });
  const rest = encodeFrame({ ...head, payload: utf8("end") });
  reader.push(concatBytes(encodeFragmentHeader(head, full.length, true), full, vote, rest));
  expect(reader.next()).toMatchObject({ value: { channel: "consensus" } });
  const block = reader.next();
  expect(block.ok && block.value?.payload.length).toBe(fragmentBytes + 3);
});
