import { type DocumentedField, readInterface } from "./doc-comments.ts";
import { code, page, prose, table } from "./markdown.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export interface ConfigurationSources {
  /** Text of the JSON Schema of network files. */
  readonly networkSchema: string;
  /** Text of src/node/config-file.ts. */
  readonly nodeConfig: string;
  /** Text of src/chain/genesis.ts. */
  readonly genesis: string;
  /** Text of src/cli/settings.ts. */
  readonly settings: string;
}

/** The files in which people and devnets write what they want. */
export function configurationPage(sources: ConfigurationSources): string {
  const schema = JSON.parse(sources.networkSchema) as Schema;
  return page(
    "Configuration",
    "Here you look up every key of koma's files. Unknown keys are errors, so a misspelt key cannot silently mean its default.",
    "the sources that read these files",
    [
      "## Settings of the command line",
      "`.koma/config.json` of the working folder or the nearest one above it, then `$XDG_CONFIG_HOME/koma/config.json`. Precedence: flag, `KOMA_…` variable, project file, user file, default.",
      `Keys: ${settingsKeys(sources.settings).map(code).join(", ")}, as the flags of the same names; \`color\` and \`input\` are true or false.`,
      "## Network file of a devnet",
      "`koma devnet up my-network.yaml`. YAML or JSON; its schema is `devnet/schema/network.v1.json`. Anchors, aliases, tags, merge keys, texts of several lines and repeated keys are refused. Every key can be changed with `--set`, for example `--set chains[0].checkpoint.every=8`.",
      table(["key", "value", "default", "meaning"], schemaRows(schema, schema, "")),
      ...interfaceSection("## `config.json` of a node", sources.nodeConfig, "NodeConfigFile"),
      ...interfaceSection("## `genesis.json` of a chain", sources.genesis, "Genesis"),
      "Amounts, ids and heights are decimal strings, since JSON numbers are not exact beyond 2^53; bytes are hex.",
      ...["GenesisAccount", "GenesisValidator", "ConsensusConfig", "CheckpointConfig", "RootChainConfig"].flatMap(
        (name) => interfaceSection(`### ${name}`, sources.genesis, name),
      ),
    ],
  );
}

function interfaceSection(title: string, source: string, name: string): readonly string[] {
  const { text, fields } = readInterface(source, name);
  return [
    title,
    prose(text),
    table(
      ["key", "type", "meaning"],
      fields.flatMap((field) => fieldRows(field, "")),
    ),
  ];
}

function fieldRows(field: DocumentedField, above: string): readonly (readonly string[])[] {
  const path = above === "" ? field.name : `${above}.${field.name}`;
  const text = `${field.optional ? "Optional. " : ""}${prose(field.text)}`;
  const own = field.type === "object" && text === "" ? [] : [[code(path), plainType(field.type), text]];
  return [...own, ...field.fields.flatMap((inner) => fieldRows(inner, path))];
}

/** What stands in the JSON for a type of the source. */
function plainType(type: string): string {
  const list = /^readonly (\w+)\[\]$/.exec(type);
  if (list) return `list of ${plainType(list[1] ?? "")}`;
  const record = /^Readonly<Record<(\w+), (\w+)>>$/.exec(type);
  if (record) return `${plainType(record[2] ?? "")} by ${plainType(record[1] ?? "")}`;
  const names: Readonly<Record<string, string>> = {
    bigint: "decimal string",
    Bytes: "hex",
    boolean: "true or false",
    string: "text",
    LogLevel: "error, warn, info or debug",
    "Partial<RpcLimits>": "number by name",
  };
  return names[type] ?? type;
}

function schemaRows(schema: Schema, root: Schema, above: string): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    if (name.startsWith("$")) return [];
    const path = above === "" ? name : `${above}.${name}`;
    const target = resolve(given, root);
    if (target.properties) return schemaRows(target, root, path);
    const item = target.items && resolve(target.items, root);
    if (item?.properties) return schemaRows(item, root, `${path}[]`);
    const needed = schema.required?.includes(name) ? "required" : "none";
    const standard = given.default === undefined ? needed : code(JSON.stringify(given.default));
    return [[code(path), schemaType(given, root), standard, given.description ?? ""]];
  });
}

function schemaType(schema: Schema, root: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.slice("#/$defs/".length);
    return name === "slug" ? "short lower-case word" : name;
  }
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(", ");
  if (schema.anyOf) return schema.anyOf.map((choice) => schemaType(choice, root)).join(" or ");
  if (schema.type === "array") return `list of ${schemaType(schema.items ?? {}, root)}`;
  if (schema.type === "integer") return range(schema);
  return schema.type === "string" ? "text" : (schema.type ?? "");
}

function range({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return "whole number";
  return maximum === undefined ? `whole number from ${minimum}` : `${minimum} to ${maximum}`;
}

function resolve(schema: Schema, root: Schema): Schema {
  return schema.$ref ? (root.$defs?.[schema.$ref.slice("#/$defs/".length)] ?? schema) : schema;
}

function settingsKeys(source: string): readonly string[] {
  const list = /FILE_KEYS = \[([^\]]*)\]/.exec(source)?.[1];
  if (list === undefined) throw new Error("the settings file's keys are not where they were");
  return [...list.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? "");
}
