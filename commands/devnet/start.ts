import type { NodeChange } from "../../devnet/index.ts";
import { type Ctx, KomaCommand, nodeArgs, waitFlag } from "../../src/cli/index.ts";

export default class DevnetStart extends KomaCommand<readonly NodeChange[]> {
  static override kind = "devnet.start";
  static override summary = "Start nodes of a devnet that do not run.";
  static override description = "Returns when they are ready; with --no-wait at once.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-1",
    "<%= config.bin %> <%= command.id %> 'validator-*' --json",
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    wait: waitFlag,
  };

  async execute(ctx: Ctx): Promise<readonly NodeChange[]> {
    const { argv, flags } = await this.parse(DevnetStart);
    const { changeNodes } = await import("../../devnet/change-nodes.ts");
    return changeNodes(ctx, "start", argv.map(String), flags);
  }
}
