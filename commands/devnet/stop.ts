import type { NodeChange } from "../../devnet/index.ts";
import { type Ctx, graceFlag, KomaCommand, nodeArgs } from "../../src/cli/index.ts";

export default class DevnetStop extends KomaCommand<readonly NodeChange[]> {
  static override kind = "devnet.stop";
  static override summary = "Stop nodes of a devnet in order.";
  static override description =
    "A node that has not ended after --grace is killed. The others go on; so does the chain while more than two thirds of the stake are left.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-1",
    "<%= config.bin %> <%= command.id %> 'validator-*' --json",
  ];
  static override strict = false;
  static override args = nodeArgs;
  static override flags = {
    grace: graceFlag(),
  };

  async execute(ctx: Ctx): Promise<readonly NodeChange[]> {
    const { argv, flags } = await this.parse(DevnetStop);
    const { changeNodes } = await import("../../devnet/change-nodes.ts");
    return changeNodes(ctx, "stop", argv.map(String), flags);
  }
}
