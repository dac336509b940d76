import { block, code, page, prose, table } from "./markdown.ts";

interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly summary?: string;
  readonly env?: string;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly default?: unknown;
  readonly options?: readonly string[];
  readonly type: "boolean" | "option";
  readonly allowNo?: boolean;
  readonly hidden?: boolean;
  readonly required?: boolean;
}

interface ManifestArgument {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
}

interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly hidden?: boolean;
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, ManifestArgument>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

/** `oclif.manifest.json`, as far as the page shows it. */
export interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

/** Descriptions of topics: `oclif.topics` of package.json. */
export type Topics = Readonly<Record<string, { readonly description: string }>>;

/** Every command with its arguments, flags and variables. */
export function commandsPage(manifest: Manifest, topics: Topics): string {
  const commands = Object.values(manifest.commands)
    .filter(({ hidden }) => hidden !== true)
    .sort((a, b) => compare(a.id, b.id));
  const groups = Map.groupBy(commands, topicOf);
  const contents = commands.map((command) => [
    `[${nameOf(command)}](#${nameOf(command).replaceAll(" ", "-")})`,
    prose(command.summary ?? ""),
  ]);
  const sections = [...groups.keys()]
    .sort(compare)
    .flatMap((topic) => [
      `## ${topic === "" ? "koma" : `koma ${topic.replaceAll(":", " ")}`}`,
      ...(topics[topic] ? [topics[topic].description] : []),
      ...(groups.get(topic) ?? []).flatMap(describe),
    ]);
  return page(
    "Commands",
    "Here you look up every command, its flags, and the variable that stands for each flag. `koma help` says the same in a terminal.",
    "the command classes",
    [table(["command", "does"], contents), "## Flags of every command", flagTable(globalFlags(commands)), ...sections],
  );
}

function describe(command: ManifestCommand): readonly string[] {
  const own = Object.values(command.flags).filter((flag) => flag.helpGroup !== "GLOBAL" && flag.hidden !== true);
  const args = Object.values(command.args);
  const usage = [
    nameOf(command),
    ...args.map((arg) => (arg.required === true ? upper(arg.name) : `[${upper(arg.name)}]`)),
  ];
  if (command.strict === false) usage.push("…");
  return [
    `### ${nameOf(command)}`,
    prose(command.summary ?? ""),
    block([usage.join(" ")]),
    ...(command.description ? [prose(command.description)] : []),
    ...(args.length > 0 ? [table(["argument", "meaning"], args.map(argumentRow))] : []),
    ...(own.length > 0 ? [flagTable(own)] : []),
    ...(command.examples?.length
      ? [
          block(
            command.examples.map((example) => expand(example, command)),
            "sh",
          ),
        ]
      : []),
  ];
}

function flagTable(flags: readonly ManifestFlag[]): string {
  return table(
    ["flag", "variable", "meaning"],
    flags.map((flag) => [code(spelling(flag)), code(flag.env ?? ""), meaning(flag)]),
  );
}

function spelling(flag: ManifestFlag): string {
  const name = flag.allowNo === true ? `--[no-]${flag.name}` : `--${flag.name}`;
  const short = flag.char === undefined ? "" : `-${flag.char}, `;
  const value = flag.type === "boolean" ? "" : ` ${flag.helpValue ?? flag.options?.join("|") ?? "VALUE"}`;
  return `${short}${name}${value}`;
}

function meaning(flag: ManifestFlag): string {
  const known = flag.default !== undefined && ["string", "number"].includes(typeof flag.default);
  const given = known && !/default/i.test(flag.summary ?? "") ? ` Default: ${code(String(flag.default))}.` : "";
  return `${prose(flag.summary ?? "")}${flag.required === true ? " Required." : ""}${given}`;
}

function argumentRow(argument: ManifestArgument): readonly string[] {
  return [code(upper(argument.name)), prose(argument.description ?? "")];
}

function globalFlags(commands: readonly ManifestCommand[]): readonly ManifestFlag[] {
  return Object.values(commands[0]?.flags ?? {}).filter((flag) => flag.helpGroup === "GLOBAL");
}

function expand(example: string, command: ManifestCommand): string {
  return example.replaceAll("<%= config.bin %>", "koma").replaceAll("<%= command.id %>", words(command.id));
}

function topicOf({ id }: ManifestCommand): string {
  return id.includes(":") ? id.slice(0, id.lastIndexOf(":")) : "";
}

function nameOf({ id }: ManifestCommand): string {
  return `koma ${words(id)}`;
}

function words(id: string): string {
  return id.replaceAll(":", " ");
}

function upper(name: string): string {
  return name.toUpperCase();
}

// By code unit: the same order on every machine.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
