import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { BugError, UserError } from "../errors.ts";
import {
  bytesToHex,
  bytesToMapKey,
  compareBytes,
  concatBytes,
  emptyBytes,
  equalBytes,
  hexToBytes,
  isHex,
} from "./bytes.ts";
import { hashFromBytes, isHash, parseHash, zeroHash } from "./hash.ts";
import { bigintToBytes, bigintToFixedBytes, bytesToBigint, numberToBytes } from "./integers.ts";

const bytes = fc.uint8Array({ maxLength: 80 });

describe("hex", () => {
  it("is read in either case and written in lower", () => {
    expect(bytesToHex(hexToBytes("0xAbCdEf09"))).toBe("0xabcdef09");
    expect(hexToBytes("0x")).toEqual(emptyBytes);
  });

  test.each(["", "0", "0x0", "0X00", "00", "0xgg", "0x 0", "0x0g", "ab", "0x00\u0130\u0130", "0x١١"])(
    '"%s" is none',
    (text) => {
      expect(() => hexToBytes(text)).toThrow(UserError);
      expect(isHex(text)).toBe(false);
    },
  );

  it("and bytes are each other's inverse", () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(hexToBytes(bytesToHex(value))).toEqual(new Uint8Array(value));
      }),
    );
  });
});

describe("bytes", () => {
  it("are ordered as their hex is", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const order = bytesToHex(a) < bytesToHex(b) ? -1 : bytesToHex(a) > bytesToHex(b) ? 1 : 0;
        expect(Math.sign(compareBytes(a, b))).toBe(order);
        expect(equalBytes(a, b)).toBe(order === 0);
      }),
    );
  });

  it("have one map key each", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(bytesToMapKey(a) === bytesToMapKey(b)).toBe(equalBytes(a, b));
      }),
    );
  });

  it("are joined in order", () => {
    expect(concatBytes(Uint8Array.of(1), emptyBytes, Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
    expect(concatBytes()).toEqual(emptyBytes);
  });
});

describe("integers", () => {
  it("are read back from their shortest bytes, and from longer ones", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 300n }), (value) => {
        const short = bigintToBytes(value);
        expect(bytesToBigint(short)).toBe(value);
        expect(short[0]).not.toBe(0);
        expect(bytesToBigint(bigintToFixedBytes(value, 40))).toBe(value);
      }),
    );
  });

  it("that have no such form are bugs", () => {
    expect(() => bigintToBytes(-1n)).toThrow(BugError);
    expect(() => numberToBytes(1.5)).toThrow(BugError);
    expect(() => numberToBytes(2 ** 53)).toThrow(BugError);
    expect(() => bigintToFixedBytes(256n, 1)).toThrow(BugError);
    expect(numberToBytes(0)).toEqual(emptyBytes);
  });
});

describe("a hash", () => {
  it("is read in either case", () => {
    expect(parseHash(`0x${"AB".repeat(32)}`)).toBe(`0x${"ab".repeat(32)}`);
    expect(isHash(zeroHash)).toBe(true);
    expect(isHash(`0x${"AB".repeat(32)}`)).toBe(false);
  });

  it("has 32 bytes", () => {
    expect(() => parseHash("0x00")).toThrow(UserError);
    expect(() => parseHash(`0x${"0".repeat(65)}`)).toThrow(UserError);
    expect(() => hashFromBytes(new Uint8Array(31))).toThrow(BugError);
  });
});
