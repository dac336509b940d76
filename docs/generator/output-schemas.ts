import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { API, type Project, type Type } from "typescript/unstable/sync";
import { createTypeReader, isUndefined, type JsonSchema } from "./json-schema-of-type.ts";

/** Folder of the schemas in the repository and in the package. */
export const OUTPUT_SCHEMAS = "devnet/schema/out";

const DRAFT = "https://json-schema.org/draft/2020-12/schema";

/** A command as its file declares it. */
interface CommandTypes {
  readonly kind: string;
  readonly id: string;
  readonly summary: string;
  /** Undefined: it only streams. */
  readonly data: Type | undefined;
  /** Of one line of its stream; undefined: it does not stream. */
  readonly item: Type | undefined;
}

/**
 * Schemas of what `--json` prints, by path in the repository: one per kind from the type arguments of the command's class
 * (`KomaCommand<Data, Item>`), and those of the two documents that every command may print, `error` and `end`.
 *
 * @throws {Error} when a command has no kind, or a type that has no JSON form
 */
export function outputSchemas(repository: string): ReadonlyMap<string, string> {
  const api = new API({ cwd: repository });
  try {
    const config = join(repository, "tsconfig.build.json");
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (!project) throw new Error("the sources cannot be read");
    const schemas = new Map<string, JsonSchema>();
    for (const file of commandFiles(repository)) {
      const command = readCommand(project, join(repository, "commands", file), commandId(file));
      if (schemas.has(command.kind)) throw new Error(`two commands have the kind ${command.kind}`);
      schemas.set(command.kind, commandSchema(project, command));
    }
    const envelopes = join(repository, "src/cli/envelope.ts");
    schemas.set("error", sharedSchema(project, envelopes, "ErrorEnvelope", "error", "A command that failed."));
    schemas.set("end", sharedSchema(project, envelopes, "StreamEnd", "end", "The last line of a stream."));
    return new Map(
      [...schemas]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, schema]) => [`${OUTPUT_SCHEMAS}/${kind}.v1.json`, `${JSON.stringify(schema, null, 2)}\n`]),
    );
  } finally {
    api.close();
  }
}

function commandFiles(repository: string): readonly string[] {
  return readdirSync(join(repository, "commands"), { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .sort();
}

/** `devnet/fault/list.ts` is `devnet fault list`; `devnet/index.ts` would be `devnet`. */
function commandId(file: string): string {
  return file.replace(/(\/index)?\.ts$/, "").replaceAll("/", " ");
}

function readCommand(project: Project, file: string, id: string): CommandTypes {
  const { checker } = project;
  const exported = exportOf(project, file, "default");
  const [base] = checker.getDeclaredTypeOfSymbol(exported).getBaseTypes() ?? [];
  const args = base?.isTypeReference() ? checker.getTypeArguments(base) : [];
  const [data, item] = args;
  if (!data || !item) throw new Error(`${file} does not extend KomaCommand`);
  const source = project.program.getSourceFile(file)?.text ?? "";
  const kind = /static override kind = "([a-z0-9.-]+)";/.exec(source)?.[1];
  const summary = /static override summary =\s*(["`])(.+?)\1;/s.exec(source)?.[2];
  if (kind === undefined || summary === undefined) throw new Error(`${file} has no kind or summary`);
  const never = item.isIntrinsicType() && item.intrinsicName === "never";
  return { kind, id, summary, data: isUndefined(data) ? undefined : data, item: never ? undefined : item };
}

function commandSchema(project: Project, command: CommandTypes): JsonSchema {
  const { kind, data, item } = command;
  const reader = createTypeReader(project.checker);
  const warning = project.checker.getDeclaredTypeOfSymbol(
    exportOf(project, join(project.configFileName, "../src/cli/envelope.ts"), "Warning"),
  );
  const documents: JsonSchema[] = [];
  if (data) {
    documents.push(
      documentSchema({
        ok: { const: true },
        kind: { const: kind },
        v: { const: 1 },
        data: reader.read(data),
        warnings: { type: "array", items: reader.read(warning) },
      }),
    );
  }
  if (item) documents.push(documentSchema({ kind: { const: kind }, v: { const: 1 }, data: reader.read(item) }));
  if (documents.length === 0) throw new Error(`${kind} prints nothing`);
  return {
    $schema: DRAFT,
    $id: `koma:out:${kind}:1`,
    title: `koma ${command.id} --json`,
    description: command.summary,
    ...(documents.length === 1 ? documents[0] : { anyOf: documents }),
    ...(Object.keys(reader.defs).length > 0 ? { $defs: reader.defs } : {}),
  };
}

function documentSchema(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: "object", required: Object.keys(properties), properties };
}

function sharedSchema(project: Project, file: string, name: string, kind: string, description: string): JsonSchema {
  const reader = createTypeReader(project.checker);
  const schema = reader.read(project.checker.getDeclaredTypeOfSymbol(exportOf(project, file, name)));
  return { $schema: DRAFT, $id: `koma:out:${kind}:1`, description, ...schema, $defs: reader.defs };
}

function exportOf(project: Project, file: string, name: string) {
  const { checker, program } = project;
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const found = module && checker.getExportsOfModule(module).find((symbol) => symbol.name === name);
  if (!found) throw new Error(`${file} does not export ${name}`);
  return found;
}
