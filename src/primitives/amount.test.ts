import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { UserError } from "../errors.ts";
import { formatAmount, parseAmount } from "./amount.ts";

const kmc = 10n ** 18n;

describe("an amount", () => {
  test.each([
    ["1", kmc],
    ["1.5", (3n * kmc) / 2n],
    ["0.000000000000000001", 1n],
    ["0", 0n],
    ["007", 7n * kmc],
    ["1 kmc", kmc],
    ["2KMC", 2n * kmc],
    ["3eth", 3n * kmc],
    ["1500000000gwei", (3n * kmc) / 2n],
    ["1.5 gwei", 1_500_000_000n],
    ["7wei", 7n],
    [" 1 ", kmc],
  ])('"%s" is %d wei', (text, wei) => {
    expect(parseAmount(text)).toBe(wei);
  });

  test.each([
    "",
    " ",
    "-1",
    "+1",
    ".5",
    "5.",
    "1,5",
    "1e18",
    "0x10",
    "1.5wei",
    "0.0000000000000000001",
    "1 btc",
    "1 2",
    "NaN",
    "1".repeat(61),
  ])('"%s" is none', (text) => {
    expect(() => parseAmount(text)).toThrow(UserError);
  });

  it("of a token with other decimals counts those", () => {
    expect(parseAmount("1.25", 6)).toBe(1_250_000n);
    expect(() => parseAmount("1.1234567", 6)).toThrow(UserError);
    expect(parseAmount("5", 0)).toBe(5n);
    expect(formatAmount(1_250_000n, 6)).toBe("1.25");
    expect(formatAmount(5n, 0)).toBe("5");
  });

  test.each([
    [0n, "0"],
    [1n, "0.000000000000000001"],
    [kmc, "1"],
    [kmc / 10n, "0.1"],
    [1_234n * kmc + 5n * 10n ** 17n, "1234.5"],
    [-kmc / 2n, "-0.5"],
  ])("%d wei is written %s", (wei, text) => {
    expect(formatAmount(wei)).toBe(text);
  });
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n }), fc.integer({ min: 0, max: 30 }), (wei, decimals) => {
      expect(parseAmount(formatAmount(wei, decimals), decimals)).toBe(wei);
    }),
  );
});
