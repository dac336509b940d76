import type { NodeChange } from "../../devnet/index.ts";
import { type Ctx, KomaCommand, nodeArgs } from "../../src/cli/index.ts";

export default class DevnetKill extends KomaCommand<readonly NodeChange[]> {
  static override kind = "devnet.kill";
  static override summary = "End nodes of a devnet at once, as a power cut would.";
  static override description = "They stay down until `koma devnet start`.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-1",
    "<%= config.bin %> <%= command.id %> 'validator-*' --json",
  ];
  static override strict = false;
  static override args = nodeArgs;

  async execute(ctx: Ctx): Promise<readonly NodeChange[]> {
    const { argv } = await this.parse(DevnetKill);
    const { changeNodes } = await import("../../devnet/change-nodes.ts");
    return changeNodes(ctx, "kill", argv.map(String), {});
  }
}
