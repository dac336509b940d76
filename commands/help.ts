import { Args, type Ctx, type ErrorEntry, errorTable, exitCodeMeanings, KomaCommand } from "../src/cli/index.ts";

interface HelpVariable {
  readonly name: string;
  /** Commands that read it, or `all`. */
  readonly command: string;
  readonly summary: string;
}

/** Of exit-codes, of errors (by code), of environment, of json (the fields of both envelopes), of anything else. */
type HelpData =
  | typeof exitCodeMeanings
  | Readonly<Record<string, ErrorEntry>>
  | readonly HelpVariable[]
  | { readonly success: readonly string[]; readonly error: readonly string[] }
  | { readonly topic: string };

export default class HelpCommand extends KomaCommand<HelpData> {
  static override kind = "help";
  static override summary = "Explain a command, or one of: exit-codes, errors, environment, json.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> devnet up",
    "<%= config.bin %> <%= command.id %> exit-codes",
  ];
  static override strict = false;
  static override args = { topic: Args.string({ description: "Command or topic.", ignoreStdin: true }) };

  async execute(ctx: Ctx): Promise<HelpData> {
    const { argv } = await this.parse(HelpCommand);
    const topic = argv.map(String).join(" ");
    switch (topic) {
      case "exit-codes":
        ctx.out.table(
          [{ title: "code", align: "right" }, { title: "name" }, { title: "when" }],
          exitCodeMeanings.map(({ code, name, when }) => [String(code), name, when]),
        );
        return exitCodeMeanings;
      case "errors":
        ctx.out.table(
          [{ title: "code" }, { title: "exit", align: "right" }, { title: "meaning" }],
          Object.entries(errorTable).map(([code, { exit, why }]) => [code, String(exit), why]),
        );
        return errorTable;
      case "environment":
        return this.#environment(ctx);
      case "json":
        ctx.out.line(JSON_HELP);
        return { success: ["ok", "kind", "v", "data", "warnings"], error: ["ok", "kind", "v", "error"] };
      default: {
        const { loadHelpClass } = await import("@oclif/core");
        const Help = await loadHelpClass(this.config);
        if (!ctx.cfg.json) await new Help(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv.map(String));
        return { topic };
      }
    }
  }

  #environment(ctx: Ctx): readonly HelpVariable[] {
    const seen = new Map<string, { name: string; command: string; summary: string }>();
    for (const command of this.config.commands) {
      for (const flag of Object.values(command.flags)) {
        const { env, summary, helpGroup } = flag as { env?: string; summary?: string; helpGroup?: string };
        if (env === undefined) continue;
        const owner = helpGroup === "GLOBAL" ? "all" : `koma ${command.id.replaceAll(":", " ")}`;
        const before = seen.get(env);
        seen.set(env, {
          name: env,
          command: before && before.command !== owner ? `${before.command}, ${owner}` : owner,
          summary: summary ?? "",
        });
      }
    }
    const variables = [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    ctx.out.table(
      [{ title: "variable" }, { title: "meaning" }, { title: "command" }],
      variables.map(({ name, command, summary }) => [name, summary, command]),
    );
    return variables;
  }
}

const JSON_HELP = `With --json every command prints one document, ended by a line feed, on stdout:
  {"ok":true,"kind":"devnet.status","v":1,"data":{},"warnings":[]}
  {"ok":false,"kind":"devnet.up","v":1,"error":{"code":"KOMA_E_…","exit":5,"message":"…","fix":[],"details":{}}}
Commands that stream (logs, events, --watch) print one document a line and end with {"kind":"end"}.
The JSON Schema of each kind is devnet/schema/out/<kind>.v1.json in the package; error.v1.json and end.v1.json are for all.
Amounts are decimal strings in wei; fields that hold one end in Wei.`;
