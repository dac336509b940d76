import { RLP } from "@ethereumjs/rlp";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Bytes, bytesToHex, concatBytes, hexToBytes } from "./bytes.ts";
import { decodeRlp, encodeRlp, type RlpItem } from "./rlp.ts";
import { MalformedRlp, readAddress, readBigint, readBytes, readHash, readList, readNumber } from "./rlp-reader.ts";

// A string whose length needs a prefix of its own stands for all the long ones.
const text: fc.Arbitrary<Bytes> = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 250, maxLength: 300 }) },
);
const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 5, withCrossShrink: true }, text, fc.array(tie("item"), { maxLength: 6 })),
}));

function plain(value: RlpItem): unknown {
  return value instanceof Uint8Array ? bytesToHex(value) : value.map(plain);
}

test("what is encoded is decoded to itself", () => {
  fc.assert(
    fc.property(item, (value) => {
      const decoded = decodeRlp(encodeRlp(value));
      expect(decoded.ok && plain(decoded.value)).toEqual(plain(value));
    }),
  );
});

test("there is one encoding: whatever is accepted is encoded to the same bytes", () => {
  const noise = fc.uint8Array({ maxLength: 40 });
  const changed = fc.tuple(item, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
    const bytes = new Uint8Array(encodeRlp(value));
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(noise, changed), (bytes) => {
      const decoded = decodeRlp(bytes);
      if (decoded.ok) expect(bytesToHex(encodeRlp(decoded.value))).toBe(bytesToHex(bytes));
    }),
    { numRuns: 1_000 },
  );
});

test("what @ethereumjs/rlp refuses is refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (bytes) => {
      if (!decodeRlp(bytes).ok) return;
      expect(() => RLP.decode(bytes)).not.toThrow();
    }),
    { numRuns: 1_000 },
  );
});

test("a beginning or a longer form of an encoding is none", () => {
  fc.assert(
    fc.property(item, fc.nat(), (value, cut) => {
      const bytes = encodeRlp(value);
      expect(decodeRlp(bytes.subarray(0, cut % bytes.length)).ok).toBe(false);
      expect(decodeRlp(concatBytes(bytes, Uint8Array.of(0))).ok).toBe(false);
    }),
  );
});

describe("strict decoding", () => {
  test.each([
    { rule: "a single byte in long form", hex: "0x8105" },
    { rule: "a short length in long form", hex: `0xb837${"00".repeat(55)}` },
    { rule: "a short list in long form", hex: `0xf837${"00".repeat(55)}` },
    { rule: "a leading zero in a length", hex: `0xb90038${"00".repeat(56)}` },
    { rule: "a length of 5 bytes", hex: "0xbc0100000000" },
    { rule: "a length without its bytes", hex: "0xb9" },
    { rule: "a list whose item goes beyond it", hex: "0xc28205" },
    { rule: "a byte after the item", hex: "0x8000" },
    { rule: "no bytes", hex: "0x" },
  ])("refuses $rule", ({ hex }) => {
    expect(decodeRlp(hexToBytes(hex)).ok).toBe(false);
  });

  it("refuses lists that nest without end, however many", () => {
    expect(decodeRlp(new Uint8Array(100_000).fill(0xc1)).ok).toBe(false);
    let nested: RlpItem = [];
    for (let i = 0; i < 15; i++) nested = [nested];
    expect(decodeRlp(encodeRlp(nested)).ok).toBe(true);
    expect(decodeRlp(encodeRlp([nested])).ok).toBe(false);
  });

  it("makes views of what it reads, not copies", () => {
    const bytes = encodeRlp([hexToBytes("0x010203")]);
    const decoded = decodeRlp(bytes);
    const [first] = readList(decoded.ok ? decoded.value : undefined);
    expect(readBytes(first).buffer).toBe(bytes.buffer);
  });
});

describe("readers", () => {
  test.each<[string, () => unknown]>([
    ["a list where bytes belong", () => readBytes([])],
    ["bytes where a list belongs", () => readList(new Uint8Array(0))],
    ["a missing item", () => readBytes(undefined)],
    ["a list of another length", () => readList([[]], 2)],
    ["bytes of another length", () => readBytes(new Uint8Array(3), 4)],
    ["an integer with a leading zero", () => readBigint(Uint8Array.of(0, 1))],
    ["an integer of 33 bytes", () => readBigint(new Uint8Array(33).fill(1))],
    ["a number above 2^53 - 1", () => readNumber(Uint8Array.of(0x20, 0, 0, 0, 0, 0, 0))],
    ["a hash of 31 bytes", () => readHash(new Uint8Array(31))],
    ["an address of 21 bytes", () => readAddress(new Uint8Array(21))],
  ])("refuse %s", (_, read) => {
    expect(read).toThrow(MalformedRlp);
  });

  it("read integers up to their bounds", () => {
    expect(readBigint(new Uint8Array(0))).toBe(0n);
    expect(readBigint(new Uint8Array(32).fill(0xff))).toBe(2n ** 256n - 1n);
    expect(readNumber(Uint8Array.of(0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe(Number.MAX_SAFE_INTEGER);
  });
});

test("lengths around the borders of their own length are written as @ethereumjs/rlp writes them", () => {
  for (const length of [0, 1, 55, 56, 255, 256, 65_535, 65_536, 16_777_216]) {
    const bytes = new Uint8Array(length).fill(0x80);
    for (const value of [bytes, [bytes], [[bytes], []]]) {
      const written = encodeRlp(value);
      const expected = RLP.encode(value);
      expect(written.length === expected.length && Buffer.compare(written, expected) === 0).toBe(true);
    }
  }
});

test("any item is written as @ethereumjs/rlp writes it", () => {
  fc.assert(
    fc.property(item, (value) => {
      expect(bytesToHex(encodeRlp(value))).toBe(bytesToHex(RLP.encode(value as Parameters<typeof RLP.encode>[0])));
    }),
    { numRuns: 500 },
  );
});
