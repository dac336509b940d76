import {
  Args,
  type Ctx,
  chooseNetwork,
  devnetNotFound,
  Flags,
  graceFlag,
  KomaCommand,
  listDevnetNames,
  runningDevnets,
} from "../../src/cli/index.ts";

interface DownData {
  readonly name: string;
  readonly stopped: readonly string[];
  readonly killed: readonly string[];
  readonly purged: boolean;
}

export default class DevnetDown extends KomaCommand<DownData | { readonly devnets: readonly DownData[] }> {
  static override kind = "devnet.down";
  static override summary = "Stop a devnet; its data stays unless --purge is given.";
  static override description =
    "Ends the nodes in order, then the root chain, and leaves no process behind. `koma devnet up` goes on at the same height.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> demo --purge --yes",
    "<%= config.bin %> <%= command.id %> --all",
  ];
  static override args = {
    name: Args.string({ description: "Devnet to stop; default: the only one that runs.", ignoreStdin: true }),
  };
  static override flags = {
    all: Flags.boolean({ summary: "Stop every devnet that runs.", env: "KOMA_DEVNET_ALL" }),
    purge: Flags.boolean({ summary: "Remove its data as well.", env: "KOMA_DEVNET_PURGE" }),
    grace: graceFlag("Time the nodes get to end in order."),
  };

  async execute(ctx: Ctx): Promise<DownData | { readonly devnets: readonly DownData[] }> {
    const { args, flags } = await this.parse(DevnetDown);
    const { devnetPaths, purgeDevnet, takeDown } = await import("../../devnet/index.ts");

    const end = async (name: string): Promise<DownData> => {
      const known = listDevnetNames(ctx.home.devnets);
      if (!known.includes(name)) throw devnetNotFound(name, known);
      if (flags.purge) await ctx.confirm({ message: `Remove the devnet "${name}" and all its data?`, flag: "--yes" });
      const paths = devnetPaths(ctx.home.devnet(name));
      const report = await takeDown(paths, { graceMs: flags.grace, signal: ctx.signal });
      if (flags.purge) purgeDevnet(paths);
      const ended = report.stopped.length + report.killed.length;
      ctx.out.line(
        `${name}: ${ended === 0 ? "was not running" : `stopped ${report.stopped.length} nodes`}${flags.purge ? ", data removed" : ""}`,
      );
      if (report.killed.length > 0) ctx.out.line(`  killed: ${report.killed.join(", ")}`);
      // oclif leaves out a switch that is not given, whatever its type says.
      return { name, ...report, purged: flags.purge === true };
    };

    if (!flags.all) return end(args.name ?? ctx.cfg.network ?? chooseNetwork(ctx.home));
    const devnets: DownData[] = [];
    for (const name of flags.purge ? listDevnetNames(ctx.home.devnets) : runningDevnets(ctx.home))
      devnets.push(await end(name));
    if (devnets.length === 0) ctx.out.line("No devnet is running.");
    return { devnets };
  }
}
