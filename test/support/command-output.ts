import { readFileSync } from "node:fs";
import type { JsonSchema } from "../../docs/generator/json-schema-of-type.ts";
import { findViolations } from "./json-schema.ts";

const schemas = new Map<string, JsonSchema>();

/**
 * Checks what a command printed with `--json` against the schemas that we ship: each line is a document of a kind, and a
 * stream ends with `end` or an error.
 *
 * @throws {Error} naming the kind and each place that does not fit
 */
export function expectDocumented(stdout: string): void {
  const lines = stdout.split("\n").filter((line) => line !== "");
  for (const line of lines) {
    const document = JSON.parse(line) as { readonly ok?: unknown; readonly kind?: unknown };
    const kind = document.ok === false ? "error" : String(document.kind);
    const violations = findViolations(schemaOf(kind), document);
    if (violations.length > 0) throw new Error(`${kind} is not as its schema says:\n${violations.join("\n")}\n${line}`);
  }
}

function schemaOf(kind: string): JsonSchema {
  const known = schemas.get(kind);
  if (known) return known;
  const url = new URL(`../../devnet/schema/out/${kind}.v1.json`, import.meta.url);
  const schema = JSON.parse(readFileSync(url, "utf8")) as JsonSchema;
  schemas.set(kind, schema);
  return schema;
}
