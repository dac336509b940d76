import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { MAX_YAML_BYTES, parseYaml } from "./parse-yaml.ts";

const value = (text: string): unknown => parseYaml(text).value;

describe("a file", () => {
  it("of a network is read as its writer means it", () => {
    const text = `# a network
version: 1
name: demo        # a comment
l1: { engine: anvil, blockTime: 2s }
chains:
- id: 80401
  checkpoint:
    every: 16

    challenge: 20s
  consensus: {round: 1s, finality: [1/3, 0.5, "0.8", 40%]}
nodes:
  - { name: core, count: 5, roles: [validator, producer],
      stake: [400, 300, 300, 200, 200] }
  -
    name: 'it''s'
    "stake": "1\\u0030"
  - name: edge
    roles:
    - rpc
    - watcher
    start:
`;
    expect(value(text)).toEqual({
      version: 1,
      name: "demo",
      l1: { engine: "anvil", blockTime: "2s" },
      chains: [
        {
          id: 80401,
          checkpoint: { every: 16, challenge: "20s" },
          consensus: { round: "1s", finality: ["1/3", 0.5, "0.8", "40%"] },
        },
      ],
      nodes: [
        { name: "core", count: 5, roles: ["validator", "producer"], stake: [400, 300, 300, 200, 200] },
        { name: "it's", stake: "10" },
        { name: "edge", roles: ["rpc", "watcher"], start: null },
      ],
    });
    expect(value(text.replaceAll("\n", "\r\n"))).toEqual(value(text));
    expect(value(`\ufeff---\n${text}`)).toEqual(value(text));
  });

  test.each([
    ["yes", "yes"],
    ["No", "No"],
    ["True", true],
    ["~", null],
    ["0x10", 16],
    ["0o17", 15],
    ["010", 10],
    ["-1.5e3", -1500],
    [".5", 0.5],
    ["1/3", "1/3"],
    ["12:30", "12:30"],
    ["http://127.0.0.1:8545/#top", "http://127.0.0.1:8545/#top"],
    ["a # b", "a"],
    ["a#b", "a#b"],
    ["2026-11-22", "2026-11-22"],
    ['"# no comment"', "# no comment"],
    ["", null],
  ])("with the value %j holds %j", (text, expected) => {
    expect(value(`key: ${text}\n`)).toEqual({ key: expected });
    expect(value(text)).toEqual(expected);
  });

  it("may hold a text of several lines", () => {
    expect(value("a: |\n  x\n  y\n")).toEqual({ a: "x\ny\n" });
  });

  it("tells where each key and item stands, else what is above it", () => {
    const { locate } = parseYaml("version: 1\nnodes:\n  - { name: a,\n      count: 2 }\n  - name: b\n");
    expect(locate("nodes[0].count")).toEqual({ line: 4, column: 7 });
    expect(locate("nodes[1]")).toEqual({ line: 5, column: 5 });
    expect(locate("nodes[1].stake[0]")).toEqual({ line: 5, column: 5 });
    expect(locate("chains[0].id")).toBeUndefined();
    expect(locate("")).toBeUndefined();
  });
});

describe("a file is refused, with line and column, that holds", () => {
  const bomb = `a: &a [x, x]\n${"bcdefgh".replace(/./g, (name) => `${name}: &${name} [*a, *a, *a, *a]\n`)}`;

  test.each([
    ["an alias bomb", bomb, /^Line 1, column \d+: anchors/],
    ["an alias", "a: &x 1\nb: *x\n", /anchors are not read/],
    ["an alias of nothing", "a: 1\nb: *a\n", /^Line 2, column 4: /],
    ["a tag", "a: !!str x\n", /^Line 1, column \d+: tags/],
    ["an unknown tag", "a: !!js/function x\n", /^Line 1, column 4: /],
    ["a merge key", "a:\n  <<: 1\n", /^Line 2, column 3: merge/],
    ["two documents", "a: 1\n---\nb: 2\n", /^Line 2, column 1: .*multiple documents/],
    ["a key twice", "a: 1\nb: 2\na: 3\n", /^Line 3, column 1: Map keys must be unique/],
    ["a key twice in braces", "{a: 1, a: 2}", /^Line 1, column 8: Map keys/],
    ["a key that is a list", "? [a, b]\n: 1\n", /^Line 1, column 3: a key is a text/],
    ["a tab as indentation", "a:\n\tb: 1\n", /^Line 2, column 1: Tabs/],
    ["wrong indentation", "a:\n  b: 1\n c: 2\n", /^Line 3, column \d: /],
    ["an item beside a key", "a: 1\n- b\n", /^Line 2, column 1: /],
    ["a value in a value", "a: b: c\n", /^Line 1, column 4: Nested mappings/],
    ["an open quote", 'a: "b\nc: 1\n', /^Line \d, column \d: .*quote/i],
    ["an open bracket", "a: [1, 2\nb: 3\n", /^Line \d, column \d: /],
    ["a wrong escape", 'a: "\\q"', /^Line 1, column 5: Invalid escape/],
    ["no number", "a: .nan\n", /^Line 1, column 4: this is no number/],
    ["a number that would be rounded", "a: 9007199254740993\n", /^Line 1, column 4: the number is too large/],
    ["a NUL", "a: x\0\n", /^Line 1, column 5: a file with a NUL/],
    ["too many levels", `${"[".repeat(40)}${"]".repeat(40)}`, /^Line 1, column \d+: more than 32 levels/],
    ["levels enough to fill a stack", "[".repeat(MAX_YAML_BYTES), /^Line 1, column \d+: /],
    ["too many levels of dashes", `${"- ".repeat(40)}a`, /more than 32 levels/],
    ["too much", `a: ${"x".repeat(MAX_YAML_BYTES)}`, /^Line 1, column 1: more than/],
  ])("%s", (_, text, message) => {
    expect(() => value(text)).toThrow(message);
    expect(() => value(text)).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_INVALID" }));
  });
});

const json = fc.jsonValue({ maxDepth: 5, noUnicodeString: false }).filter((any) => !hasUnsafeNumber(any));

test("any JSON means in YAML what it means in JSON", () => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 2, "\t"), (any, indent) => {
      const text = JSON.stringify(any, null, indent);
      expect(value(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("any JSON written in lines and dashes reads the same", () => {
  fc.assert(
    fc.property(json, (any) => {
      expect(value(inLines(any, ""))).toEqual(JSON.parse(JSON.stringify(any)));
    }),
  );
});

test("any text is read or refused, never anything else", () => {
  const alphabet = fc.constantFrom(..."ab01:-,[]{}\"'#&*!|>? \n\t\\");
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 60 }), (characters) => {
      try {
        value(characters.join(""));
      } catch (error) {
        expect(error).toMatchObject({ code: "KOMA_E_NETWORK_INVALID" });
      }
    }),
    { numRuns: 3_000 },
  );
});

/** Block style, every text quoted. */
function inLines(any: unknown, indent: string): string {
  if (Array.isArray(any) && any.length > 0) {
    return any.map((item) => `\n${indent}-${nested(item, indent)}`).join("");
  }
  if (typeof any === "object" && any !== null && Object.keys(any).length > 0) {
    return Object.entries(any)
      .map(([key, item]) => `\n${indent}${JSON.stringify(key)}:${nested(item, indent)}`)
      .join("");
  }
  return JSON.stringify(any);
}

function nested(any: unknown, indent: string): string {
  const text = inLines(any, `${indent}  `);
  return text.startsWith("\n") ? text : ` ${text}`;
}

function hasUnsafeNumber(any: unknown): boolean {
  if (typeof any === "number") return Number.isInteger(any) && !Number.isSafeInteger(any);
  return typeof any === "object" && any !== null && Object.values(any).some(hasUnsafeNumber);
}
