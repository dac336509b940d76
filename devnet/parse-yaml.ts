import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { UserError } from "../src/errors.ts";

/** Counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A parsed file, and where each of its keys and items stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** Place of a path such as `nodes[1].count`, else of the nearest one above it; undefined for the file itself. */
  locate(path: string): Place | undefined;
}

/** Far more than a network of the most nodes needs. */
export const MAX_YAML_BYTES = 256 * 1024;
const MAX_DEPTH = 32;

/**
 * Parses one document of YAML 1.2, and so JSON as well. The file comes from anywhere, so what could make it grow, or mean
 * another thing than it shows, is refused: anchors and aliases, tags, merge keys, repeated keys, numbers that would be
 * rounded.
 *
 * @throws {UserError} KOMA_E_NETWORK_INVALID with line and column
 */
export function parseYaml(text: string): YamlDocument {
  if (text.length > MAX_YAML_BYTES)
    refuse({ line: 1, column: 1 }, `more than ${MAX_YAML_BYTES} characters are not read`);
  const lines = new LineCounter();
  const document = compose(text, lines);
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (text.includes("\0")) refuse(placeOf(text.indexOf("\0")), "a file with a NUL is not text");
  const [problem] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (problem) refuse(placeOf(problem.pos[0]), problem.message);

  const places = new Map<string, number>();
  const value = plain(
    document.contents,
    "",
    0,
    (path, offset) => places.set(path, offset),
    (offset, why) => refuse(placeOf(offset), why),
  );
  return {
    value,
    locate: (path) => {
      const steps = path.match(/\[[0-9]+\]|[^.[]+/g) ?? [];
      for (let length = steps.length; length > 0; length--) {
        const offset = places.get(steps.slice(0, length).reduce(join));
        if (offset !== undefined) return placeOf(offset);
      }
      return undefined;
    },
  };
}

function compose(text: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, {
      version: "1.2",
      schema: "core",
      merge: false,
      uniqueKeys: true,
      intAsBigInt: true,
      prettyErrors: false,
      lineCounter,
    });
  } catch (cause) {
    // The composer calls itself for every level.
    if (!(cause instanceof RangeError)) throw cause;
    return refuse({ line: 1, column: 1 }, `more than ${MAX_DEPTH} levels`);
  }
}

/** The value of a node, all of it checked. */
function plain(
  node: unknown,
  path: string,
  depth: number,
  found: (path: string, offset: number) => void,
  fail: (offset: number, why: string) => never,
): unknown {
  if (node === null) return null;
  const { range, anchor, tag } = node as Node & { readonly anchor?: string };
  const offset = range?.[0] ?? 0;
  if (depth > MAX_DEPTH) fail(offset, `more than ${MAX_DEPTH} levels`);
  if (anchor !== undefined) fail(offset, "anchors are not read");
  if (tag !== undefined) fail(offset, "tags are not read");
  if (isScalar(node)) return scalar(node.value, (why) => fail(offset, why));
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      const at = join(path, `[${index}]`);
      found(at, (item as Node | null)?.range?.[0] ?? offset);
      return plain(item, at, depth + 1, found, fail);
    });
  }
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => {
      const start = (key as Node | null)?.range?.[0] ?? offset;
      const name = plain(key, path, depth + 1, found, fail);
      if (typeof name !== "string") return fail(start, "a key is a text");
      if (name === "<<") fail(start, "merge keys are not read");
      const at = join(path, name);
      found(at, start);
      return [name, plain(value, at, depth + 1, found, fail)] as const;
    });
    return Object.fromEntries(entries);
  }
  return fail(offset, "aliases are not read");
}

function scalar(value: unknown, fail: (why: string) => never): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : fail("the number is too large to be exact");
  }
  if (typeof value === "number" && !Number.isFinite(value)) fail("this is no number");
  return value;
}

function join(path: string, step: string): string {
  return step.startsWith("[") || path === "" ? path + step : `${path}.${step}`;
}

function refuse({ line, column }: Place, why: string): never {
  throw new UserError("KOMA_E_NETWORK_INVALID", `Line ${line}, column ${column}: ${why}.`, {
    facts: { line, column },
    fix: ["Network files are YAML or JSON: docs/reference/configuration.md"],
  });
}
