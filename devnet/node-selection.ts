import { didYouMean, nearNames } from "../src/cli/index.ts";
import { UserError } from "../src/errors.ts";

/**
 * Names of the nodes that patterns mean: a name, `all`, or a pattern with `*` such as `validator-*`.
 *
 * @throws {UserError} KOMA_E_NODE_NOT_FOUND for a pattern that means nobody
 */
export function selectNodes(patterns: readonly string[], names: readonly string[]): readonly string[] {
  const selected = new Set<string>();
  for (const pattern of patterns) {
    const matches = pattern === "all" ? names : names.filter((name) => matchesPattern(name, pattern));
    if (matches.length === 0) throw noSuchNode(pattern, names);
    for (const name of matches) selected.add(name);
  }
  return names.filter((name) => selected.has(name));
}

function matchesPattern(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    const last = index === rest.length - 1;
    const at = last ? Math.max(from, name.length - part.length) : name.indexOf(part, from);
    if (at < from || name.slice(at, at + part.length) !== part) return false;
    from = at + part.length;
  }
  return true;
}

function noSuchNode(pattern: string, names: readonly string[]): UserError {
  const near = nearNames(pattern, names);
  return new UserError("KOMA_E_NODE_NOT_FOUND", `The devnet has no node "${pattern}".`, {
    facts: { node: pattern, known: names.join(", ") },
    fix: near.length > 0 ? [didYouMean(near)] : [`Its nodes: ${names.join(", ")}.`],
  });
}
