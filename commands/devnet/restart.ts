import type { NodeChange } from "../../devnet/index.ts";
import { type Ctx, graceFlag, KomaCommand, nodeArgs, waitFlag } from "../../src/cli/index.ts";

export default class DevnetRestart extends KomaCommand<readonly NodeChange[]> {
  static override kind = "devnet.restart";
  static override summary = "Stop nodes of a devnet in order and start them again.";
  static override description = "Returns when they are ready; with --no-wait at once.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-1",
    "<%= config.bin %> <%= command.id %> 'validator-*' --json",
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    grace: graceFlag(),
    wait: waitFlag,
  };

  async execute(ctx: Ctx): Promise<readonly NodeChange[]> {
    const { argv, flags } = await this.parse(DevnetRestart);
    const { changeNodes } = await import("../../devnet/change-nodes.ts");
    return changeNodes(ctx, "restart", argv.map(String), flags);
  }
}
