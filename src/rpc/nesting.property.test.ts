import fc from "fast-check";
import { expect, it } from "vitest";
import { nestsDeeperThan } from "./nesting.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

it("any JSON value nests as deep as walking down it shows, whatever its texts hold", () => {
  const tricky = fc.string({ unit: fc.constantFrom('"', "\\", "[", "{", "]", "}", "a", "\u2028") });
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "medium" }, tricky, fc.integer(), tie("list"), tie("record")),
    list: fc.array(tie("value"), { maxLength: 4 }),
    record: fc.dictionary(tricky, tie("value"), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(json, fc.nat(8), (value, max) => {
      expect(nestsDeeperThan(JSON.stringify(value), max)).toBe(depthOf(value) > max);
    }),
  );
});

it("any text is told about, also one that ends within a string", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "x") }), (text) => {
      expect(typeof nestsDeeperThan(text, 3)).toBe("boolean");
    }),
  );
  expect(nestsDeeperThan('"\\"[[[[', 1)).toBe(false);
});
