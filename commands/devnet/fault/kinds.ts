import type { Behaviour } from "../../../devnet/behaviours.ts";
import { type Ctx, KomaCommand } from "../../../src/cli/index.ts";

export default class DevnetFaultKinds extends KomaCommand<readonly Behaviour[]> {
  static override kind = "devnet.fault.kinds";
  static override summary = "List the ways in which a node can be made to break the rules.";
  static override examples = ["<%= config.bin %> <%= command.id %>"];

  async execute(ctx: Ctx): Promise<readonly Behaviour[]> {
    await this.parse(DevnetFaultKinds);
    const { behaviours } = await import("../../../devnet/behaviours.ts");
    ctx.out.table(
      [{ title: "kind" }, { title: "what the node does" }],
      behaviours.map(({ kind, summary }) => [kind, summary]),
    );
    return behaviours;
  }
}
