import type { NodeChange } from "../../devnet/index.ts";
import { Args, type Ctx, durationFlag, Flags, KomaCommand } from "../../src/cli/index.ts";

export default class DevnetRestart extends KomaCommand<readonly NodeChange[]> {
  static override kind = "devnet.restart";
  static override summary = "Stop nodes of a devnet in order and start them again.";
  static override description = "Returns when they are ready; with --no-wait at once.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-1",
    "<%= config.bin %> <%= command.id %> 'validator-*' --json",
  ];
  static override strict = false;
  static override args = {
    node: Args.string({ description: "Nodes: names, `all`, or patterns with *.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    grace: durationFlag({
      summary: "Time a node gets to end in order.",
      default: 10_000,
      defaultHelp: async () => "10s",
      env: "KOMA_DEVNET_GRACE",
    }),
    wait: Flags.boolean({
      summary: "Wait until started nodes are ready.",
      default: true,
      allowNo: true,
      env: "KOMA_DEVNET_WAIT",
    }),
  };

  async execute(ctx: Ctx): Promise<readonly NodeChange[]> {
    const { argv, flags } = await this.parse(DevnetRestart);
    const { changeNodes } = await import("../../devnet/change-nodes.ts");
    return changeNodes(ctx, "restart", argv.map(String), flags);
  }
}
