import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { bytesToHex, hexToBytes, utf8 } from "./bytes.ts";
import { keccak256, keccakHash } from "./keccak.ts";

describe("keccak-256", () => {
  test.each([
    { input: "", hash: "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470" },
    { input: "abc", hash: "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45" },
    { input: "testing", hash: "0x5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02" },
    {
      input: "The quick brown fox jumps over the lazy dog",
      hash: "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
    },
  ])('of "$input" is the published one', ({ input, hash }) => {
    expect(keccakHash(utf8(input))).toBe(hash);
  });

  it("is that of noble around the borders of its blocks", () => {
    for (const length of [0, 1, 135, 136, 137, 271, 272, 273, 100_000]) {
      const data = new Uint8Array(length).map((_, i) => (i * 7) & 255);
      expect(bytesToHex(keccak256(data))).toBe(bytesToHex(keccak_256(data)));
    }
  });

  it("gives bytes that a later hash does not change", () => {
    const first = keccak256(utf8("first"));
    const copy = new Uint8Array(first);
    keccak256(utf8("second"));
    expect(first).toEqual(copy);
  });

  it("hashes a view, not the buffer behind it", () => {
    const buffer = hexToBytes("0x00616263ff");
    expect(keccak256(buffer.subarray(1, 4))).toEqual(keccak256(utf8("abc")));
  });
});

test("keccak-256 is that of noble for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
      expect(bytesToHex(keccak256(data))).toBe(bytesToHex(keccak_256(data)));
    }),
  );
});
