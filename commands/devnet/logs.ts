import type { LogRecord } from "../../devnet/logs.ts";
import {
  Args,
  type Ctx,
  chooseNetwork,
  devnetNotFound,
  Flags,
  KomaCommand,
  listDevnetNames,
  readManifest,
} from "../../src/cli/index.ts";

const LEVELS = ["error", "warn", "info", "debug"] as const;

export default class DevnetLogs extends KomaCommand<undefined, LogRecord> {
  static override kind = "devnet.logs";
  static override summary = "Show what the nodes of a devnet write.";
  static override description = "Merges the nodes' logs by time. With --json each line is one JSON document.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> validator-0 --tail 200 --level warn",
    "<%= config.bin %> <%= command.id %> 'validator-*' --follow",
  ];
  static override strict = false;
  static override args = { node: Args.string({ description: "Nodes, also with *; default: all.", ignoreStdin: true }) };
  static override flags = {
    follow: Flags.boolean({ char: "f", summary: "Go on with what comes, until Ctrl-C.", env: "KOMA_DEVNET_FOLLOW" }),
    tail: Flags.integer({ summary: "Lines of each node to begin with.", default: 50, min: 0, env: "KOMA_DEVNET_TAIL" }),
    level: Flags.option({ options: LEVELS })({
      summary: "Least important level to show.",
      default: "debug" as const,
      env: "KOMA_DEVNET_LEVEL",
    }),
    match: Flags.string({ summary: "Only lines that contain this text.", env: "KOMA_DEVNET_MATCH" }),
  };

  async execute(ctx: Ctx<LogRecord>): Promise<undefined> {
    const { argv, flags } = await this.parse(DevnetLogs);
    const name = ctx.cfg.network ?? chooseNetwork(ctx.home);
    const manifest = readManifest(ctx.home.devnet(name));
    if (!manifest) throw devnetNotFound(name, listDevnetNames(ctx.home.devnets));
    const { selectNodes } = await import("../../devnet/index.ts");
    const { showLogs } = await import("../../devnet/logs.ts");
    const names = selectNodes(
      argv.length > 0 ? argv.map(String) : ["all"],
      manifest.nodes.map((node) => node.name),
    );
    await showLogs(
      manifest.nodes.filter((node) => names.includes(node.name)),
      { ...flags, out: ctx.out, signal: ctx.signal },
    );
  }
}
