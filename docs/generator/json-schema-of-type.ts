import type { Checker, Type, Symbol as TypeSymbol, UnionType } from "typescript/unstable/sync";

/** The keywords of JSON Schema 2020-12 that our schemas use; test/support/json-schema.ts knows just these. */
export interface JsonSchema {
  $schema?: string;
  $id?: string;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  title?: string;
  description?: string;
  type?: "object" | "array" | "string" | "number" | "boolean" | "null";
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  pattern?: string;
  required?: string[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  minItems?: number;
}

/** Brands of strings, by the name of their alias. */
const BRANDS: Readonly<Record<string, string>> = {
  Address: "^0x[0-9a-fA-F]{40}$",
  Hash: "^0x[0-9a-f]{64}$",
};
const DECIMAL = "^-?[0-9]+$";

/** Turns types into schemas of what `toJsonLine` makes of their values. Named types become `$defs`, so they may recur. */
export interface TypeReader {
  /** @throws {Error} on a type that has no JSON form, such as a function */
  read(type: Type): JsonSchema;
  readonly defs: Record<string, JsonSchema>;
}

export function createTypeReader(checker: Checker): TypeReader {
  const defs: Record<string, JsonSchema> = {};
  const names = new Map<number, string>();

  function read(type: Type, field = ""): JsonSchema {
    if (type.isUnionType()) return readUnion(type, field);
    if (type.isStringLiteralType() || type.isNumberLiteralType() || type.isBooleanLiteralType()) {
      return { const: type.value };
    }
    if (type.isTemplateLiteralType()) return { type: "string", pattern: patternOf(type.texts) };
    if (type.isIntrinsicType()) return readIntrinsic(type.intrinsicName, field);
    if (type.isIntersectionType()) {
      // A brand is a primitive with a property that exists for the compiler only.
      const primitive = type.getTypes().find((part) => !part.isObjectType());
      if (primitive) {
        const pattern = BRANDS[type.getAliasSymbol()?.name ?? ""];
        return pattern === undefined ? read(primitive, field) : { type: "string", pattern };
      }
      return readObject(type);
    }
    if (type.isTypeReference() && checker.isTupleType(type)) return readTuple(checker.getTypeArguments(type));
    if (type.isTypeReference() && checker.isArrayType(type)) {
      return { type: "array", items: read(checker.getTypeArguments(type)[0] as Type, field) };
    }
    if (type.isObjectType()) return readNamed(type);
    throw new Error(`${checker.typeToString(type)} has no JSON form`);
  }

  function readIntrinsic(name: string, field: string): JsonSchema {
    switch (name) {
      case "string":
        // The rule for all of our output: amounts are decimal strings in the smallest unit, in fields that end so.
        return field.endsWith("Wei") ? { type: "string", pattern: "^[0-9]+$" } : { type: "string" };
      case "bigint":
        return { type: "string", pattern: DECIMAL };
      case "number":
      case "boolean":
      case "null":
        return { type: name };
      case "true":
      case "false":
        return { const: name === "true" };
      case "unknown":
        return {};
      default:
        throw new Error(`${name} has no JSON form`);
    }
  }

  function readUnion(type: UnionType, field: string): JsonSchema {
    const schemas = type
      .getTypes()
      .filter((part) => !isUndefined(part))
      .map((part) => read(part, field));
    const constants = schemas.filter((schema) => "const" in schema).map((schema) => schema.const);
    const flags = [true, false].every((flag) => constants.includes(flag));
    const values = constants.filter((value) => !flags || typeof value !== "boolean").sort(byValue);
    const choices: JsonSchema[] = [
      ...(flags ? [{ type: "boolean" } as const] : []),
      ...(values.length > 1 ? [{ enum: values }] : values.map((value) => ({ const: value }))),
      ...schemas.filter((schema) => !("const" in schema) && schema.type !== "null").sort(byText),
      ...(schemas.some((schema) => schema.type === "null") ? [{ type: "null" } as const] : []),
    ];
    const distinct = [...new Map(choices.map((choice) => [JSON.stringify(choice), choice])).values()];
    return distinct.length === 1 ? (distinct[0] as JsonSchema) : { anyOf: distinct };
  }

  function readTuple(parts: readonly Type[]): JsonSchema {
    return { type: "array", prefixItems: parts.map((part) => read(part)), minItems: parts.length };
  }

  function readNamed(type: Type): JsonSchema {
    const symbol = type.getAliasSymbol() ?? type.getSymbol();
    const own = symbol && /^[A-Z]\w*$/.test(symbol.name) && type.getAliasTypeArguments().length === 0;
    if (!own) return readObject(type);
    const known = names.get(type.id);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    let name = symbol.name;
    for (let again = 2; defs[name] !== undefined; again++) name = `${symbol.name}${again}`;
    names.set(type.id, name);
    defs[name] = {}; // taken, while the type is read: it may name itself
    defs[name] = readObject(type);
    return { $ref: `#/$defs/${name}` };
  }

  function readObject(type: Type): JsonSchema {
    const fields = checker.getPropertiesOfType(type).map((symbol) => readField(symbol));
    const [index] = checker.getIndexInfosOfType(type);
    const required = fields.filter(({ optional }) => !optional).map(({ name }) => name);
    return {
      type: "object",
      ...(required.length > 0 ? { required } : {}),
      ...(fields.length > 0
        ? { properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])) }
        : {}),
      ...(index ? { additionalProperties: read(index.valueType) } : {}),
    };
  }

  function readField(symbol: TypeSymbol): { name: string; optional: boolean; schema: JsonSchema } {
    const type = checker.getTypeOfSymbol(symbol);
    if (!type) throw new Error(`the field ${symbol.name} has no type`);
    const description = checker.getDocumentationCommentOfSymbol(symbol).replace(/\s+/g, " ").trim();
    const schema = read(type, symbol.name);
    const optional = type.isUnionType() && type.getTypes().some(isUndefined);
    return { name: symbol.name, optional, schema: description === "" ? schema : { description, ...schema } };
  }

  return { read: (type) => read(type), defs };
}

/** The compiler's own order of a union's parts depends on what it has read before. */
function byText(a: JsonSchema, b: JsonSchema): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function byValue(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : 1;
}

export function isUndefined(type: Type): boolean {
  return type.isIntrinsicType() && (type.intrinsicName === "undefined" || type.intrinsicName === "void");
}

/** `0x${string}` is hex wherever we write it; of other templates only the fixed beginning is checked. */
function patternOf(texts: readonly string[]): string {
  const [first = ""] = texts;
  return first === "0x" && texts.length === 2 ? "^0x[0-9a-fA-F]*$" : `^${first.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`;
}
