import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

interface Override {
  readonly includes: readonly string[];
  readonly linter?: {
    readonly rules?: {
      readonly style?: { readonly noRestrictedImports?: { readonly options: { patterns: Pattern[] } } };
    };
  };
}

interface Pattern {
  readonly group: readonly string[];
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");

/** Module → modules it may import, from the table of docs/architecture.md section 3. */
function documentedImports(): Map<string, readonly string[]> {
  const rows = read("docs/architecture.md").matchAll(/^\| `(\w+)`(?: ●)? \|[^|]*\| ([^|]*) \|$/gm);
  return new Map(
    [...rows].map(([, module, imports]) => [
      module as string,
      (imports as string) === "—" ? [] : (imports as string).split(", "),
    ]),
  );
}

/** Module → modules that the lint rule forbids it. */
function forbiddenImports(): Map<string, ReadonlySet<string>> {
  const { overrides } = JSON.parse(read("biome.json")) as { overrides: Override[] };
  const forbidden = new Map<string, ReadonlySet<string>>();
  for (const override of overrides) {
    const module = /^src\/(\w+)\/\*\*$/.exec(override.includes[0] ?? "")?.[1];
    const group = override.linter?.rules?.style?.noRestrictedImports?.options.patterns[0]?.group;
    if (!module || !group) continue;
    forbidden.set(module, new Set(group.map((pattern) => pattern.replaceAll("**/", "").replace("/**", ""))));
  }
  return forbidden;
}

describe("module boundaries", () => {
  const documented = documentedImports();
  const forbidden = forbiddenImports();

  it("are documented for every module that the lint rule knows, and the reverse", () => {
    expect([...documented.keys()].sort()).toEqual([...forbidden.keys()].sort());
  });

  it.each([...documented])("of %s are the same in docs/architecture.md and biome.json", (module, allowed) => {
    const others = [...documented.keys()].filter((name) => name !== module && !allowed.includes(name));
    expect([...(forbidden.get(module) ?? [])].filter((name) => documented.has(name)).sort()).toEqual(others.sort());
  });
});
