import type { DevnetReport } from "../../devnet/report.ts";
import { Args, type Ctx, chooseNetwork, exitCodes, Flags, KomaCommand } from "../../src/cli/index.ts";

export default class DevnetStatus extends KomaCommand<DevnetReport, DevnetReport> {
  static override kind = "devnet.status";
  static override summary = "Show what a devnet is doing.";
  static override description =
    `With --watch on a terminal: a live view of nodes and of the newest blocks, whose confidence rises before your eyes; q or
Ctrl-C leaves it. Without a terminal: a line per change, until the devnet goes down. With --exit-code the status is 0 when
all is well, 6 when something is wrong, 3 when there is no such devnet.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --watch",
    "<%= config.bin %> <%= command.id %> demo --exit-code --json",
  ];
  static override args = {
    name: Args.string({ description: "Devnet to look at; default: the only one that runs.", ignoreStdin: true }),
  };
  static override flags = {
    watch: Flags.boolean({
      char: "w",
      summary: "Keep the view up to date until q or Ctrl-C.",
      env: "KOMA_DEVNET_WATCH",
    }),
    "exit-code": Flags.boolean({ summary: "Exit with 6 when the devnet is not well.", env: "KOMA_DEVNET_EXIT_CODE" }),
  };

  async execute(ctx: Ctx<DevnetReport>): Promise<DevnetReport> {
    const { args, flags } = await this.parse(DevnetStatus);
    const name = args.name ?? ctx.cfg.network ?? chooseNetwork(ctx.home);
    const report = flags.watch
      ? await (await import("../../devnet/watch.ts")).watchDevnet(ctx, name)
      : await (await import("../../devnet/report.ts")).readReport(ctx.home, name);
    if (!flags.watch) {
      const { printReport } = await import("../../devnet/report-text.ts");
      printReport(ctx.out, report, process.stdout.isTTY ? process.stdout.columns : undefined);
    }
    if (flags["exit-code"] && report.troubles.length > 0) ctx.exitWith(exitCodes.false);
    return report;
  }
}
