import type { JsonSchema } from "../../docs/generator/json-schema-of-type.ts";

type Keyword = keyof JsonSchema;

/** Keywords that say nothing about a value. */
const ANNOTATIONS: readonly Keyword[] = ["$schema", "$id", "$defs", "title", "description"];

/**
 * What is wrong with `value` by a schema of devnet/schema/out, as sentences that begin with the place; empty when it is right.
 *
 * Knows the keywords of {@link JsonSchema} only, and is stricter than JSON Schema in one thing: a key that an object's
 * `properties` do not name is wrong, though our schemas allow it (later versions may add keys).
 *
 * @throws {Error} on a keyword it does not know, and on a `$ref` that leads nowhere
 */
export function findViolations(schema: JsonSchema, value: unknown): readonly string[] {
  return check(schema, value, "$", schema);
}

function check(schema: JsonSchema, value: unknown, path: string, root: JsonSchema): readonly string[] {
  return (Object.keys(schema) as Keyword[]).flatMap((keyword) => {
    if (ANNOTATIONS.includes(keyword)) return [];
    switch (keyword) {
      case "$ref":
        return check(resolve(schema.$ref as string, root), value, path, root);
      case "type":
        return typeOf(value) === schema.type ? [] : [`${path} is ${show(value)}, not of type ${schema.type}`];
      case "const":
        return value === schema.const ? [] : [`${path} is ${show(value)}, not ${show(schema.const)}`];
      case "enum":
        return schema.enum?.includes(value) ? [] : [`${path} is ${show(value)}, not one of ${show(schema.enum)}`];
      case "anyOf": {
        const tried = (schema.anyOf ?? []).map((choice) => check(choice, value, path, root));
        return tried.some((found) => found.length === 0) ? [] : [`${path} fits no choice:`, ...tried.flat()];
      }
      case "pattern":
        return typeof value !== "string" || new RegExp(schema.pattern as string, "u").test(value)
          ? []
          : [`${path} is ${show(value)}, which does not match ${schema.pattern}`];
      case "required":
        return (schema.required ?? [])
          .filter((key) => isRecord(value) && !Object.hasOwn(value, key))
          .map((key) => `${path}.${key} is missing`);
      case "properties":
        return isRecord(value) ? checkFields(schema, value, path, root) : [];
      case "additionalProperties":
        return isRecord(value)
          ? unnamed(schema, value).flatMap((key) =>
              check(schema.additionalProperties as JsonSchema, value[key], `${path}.${key}`, root),
            )
          : [];
      case "items":
        return Array.isArray(value)
          ? value.flatMap((item, index) => check(schema.items as JsonSchema, item, `${path}[${index}]`, root))
          : [];
      case "prefixItems":
        return Array.isArray(value)
          ? (schema.prefixItems ?? []).flatMap((part, index) => check(part, value[index], `${path}[${index}]`, root))
          : [];
      case "minItems":
        return !Array.isArray(value) || value.length >= (schema.minItems ?? 0) ? [] : [`${path} has too few items`];
      default:
        throw new Error(`${path}: unknown keyword ${keyword}`);
    }
  });
}

function checkFields(schema: JsonSchema, value: Record<string, unknown>, path: string, root: JsonSchema) {
  const extra = schema.additionalProperties ? [] : unnamed(schema, value);
  return [
    ...extra.map((key) => `${path}.${key} is not in the schema`),
    ...Object.entries(schema.properties ?? {})
      .filter(([key]) => Object.hasOwn(value, key))
      .flatMap(([key, field]) => check(field, value[key], `${path}.${key}`, root)),
  ];
}

function unnamed(schema: JsonSchema, value: Record<string, unknown>): readonly string[] {
  return Object.keys(value).filter((key) => !Object.hasOwn(schema.properties ?? {}, key));
}

function resolve(ref: string, root: JsonSchema): JsonSchema {
  const found = root.$defs?.[/^#\/\$defs\/(\w+)$/.exec(ref)?.[1] ?? ""];
  if (!found) throw new Error(`${ref} leads nowhere`);
  return found;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === "object";
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 120) ?? "absent";
}
