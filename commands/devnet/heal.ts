import { Args, type Ctx, Flags, KomaCommand } from "../../src/cli/index.ts";

export default class DevnetHeal extends KomaCommand<{ readonly healed: readonly string[] }> {
  static override kind = "devnet.heal";
  static override summary = "End faults of a devnet.";
  static override examples = ["<%= config.bin %> <%= command.id %> f1", "<%= config.bin %> <%= command.id %> --all"];
  static override strict = false;
  static override args = {
    handle: Args.string({ description: "Handles of faults; default: all of them.", ignoreStdin: true }),
  };
  static override flags = { all: Flags.boolean({ summary: "End all faults.", env: "KOMA_DEVNET_ALL" }) };

  async execute(ctx: Ctx): Promise<{ readonly healed: readonly string[] }> {
    const { argv, flags } = await this.parse(DevnetHeal);
    const { withControl } = await import("../../devnet/index.ts");
    const order = flags.all || argv.length === 0 ? { all: true } : { handles: argv.map(String) };
    const healed = await withControl(await ctx.net(), (control) => control.call<string[]>("fault.heal", order));
    ctx.out.line(healed.length === 0 ? "There was nothing to heal." : `healed ${healed.join(", ")}`);
    return { healed };
  }
}
