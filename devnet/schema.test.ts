import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolveNetwork } from "./network-request.ts";

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly $ref?: string;
}

const schema = JSON.parse(readFileSync(new URL("./schema/network.v1.json", import.meta.url), "utf8")) as Schema;

/** Every path of the schema down to a key, with `[0]` for items. */
function paths(node: Schema, prefix = ""): string[] {
  const target = node.$ref ? (schema.$defs?.[node.$ref.replace("#/$defs/", "")] as Schema) : node;
  if (target.items) return paths(target.items, `${prefix}[0]`);
  return Object.entries(target.properties ?? {}).flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...paths(child, path)];
  });
}

function keysKnownAt(path: string): string {
  try {
    resolveNetwork({ set: [`${path === "" ? "" : `${path}.`}zzzz=1`] });
  } catch (error) {
    return (error as { detail: { fix: string[] } }).detail.fix.join();
  }
  throw new Error(`${path} takes anything`);
}

test("the schema of network files and the reader know the same keys", () => {
  const objects = new Map<string, string[]>();
  for (const path of paths(schema)) {
    const parent = path.includes(".") ? path.slice(0, path.lastIndexOf(".")) : "";
    objects.set(parent, [...(objects.get(parent) ?? []), path.slice(path.lastIndexOf(".") + 1)]);
  }
  expect(objects.size).toBeGreaterThan(7);
  for (const [path, keys] of objects) expect(keysKnownAt(path), path).toBe(`Known there: ${keys.join(", ")}.`);
});
