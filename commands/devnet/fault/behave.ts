import type { ActiveFault } from "../../../devnet/index.ts";
import { Args, type Ctx, durationFlag, Flags, KomaCommand } from "../../../src/cli/index.ts";

export default class DevnetFaultBehave extends KomaCommand<ActiveFault> {
  static override kind = "devnet.fault.behave";
  static override summary = "Make a node break the rules on purpose.";
  static override description =
    `Accomplices (--collude) accept what the node does and sign it; a fraud that needs more than two thirds of the stake to be
checkpointed takes as many others as that needs, unless you name them. The fault lasts until it is healed, for the time of --for, or for
so many times as --times says, and comes back with a node that is restarted. List the kinds with: koma devnet fault kinds`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0 bad-nonce --times 1",
    "<%= config.bin %> <%= command.id %> validator-0 bad-nonce --at 1000 --times 2",
    "<%= config.bin %> <%= command.id %> validator-0 bad-nonce --collude validator-1 --collude validator-2 --for 30s",
  ];
  static override args = {
    node: Args.string({ description: "Node, or a pattern with *.", required: true, ignoreStdin: true }),
    kind: Args.string({
      description: "What it does: bad-nonce, sign-anything.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    collude: Flags.string({
      summary: "Nodes that go along with it, also with *, or `all`.",
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ",",
      env: "KOMA_DEVNET_COLLUDE",
    }),
    for: durationFlag({ summary: "End it after this time.", env: "KOMA_DEVNET_FOR" }),
    times: Flags.integer({ summary: "End it after it was done so often.", min: 1, env: "KOMA_DEVNET_TIMES" }),
    at: Flags.string({
      summary: "Begin with this block; without it, and for a block of the past, at once.",
      env: "KOMA_DEVNET_AT",
      helpValue: "NUMBER",
    }),
    as: Flags.string({ summary: "Handle to heal it by; default f1, f2, …", env: "KOMA_DEVNET_AS" }),
    set: Flags.string({
      summary: "A parameter of the behaviour; none has one yet.",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEY=VALUE",
    }),
  };

  async execute(ctx: Ctx): Promise<ActiveFault> {
    const { args, flags } = await this.parse(DevnetFaultBehave);
    const { applyFault } = await import("../../../devnet/apply-fault.ts");
    return applyFault(ctx, {
      node: args.node,
      kind: args.kind,
      collude: flags.collude ?? [],
      forMs: flags.for,
      times: flags.times,
      at: flags.at,
      handle: flags.as,
      set: flags.set ?? [],
    });
  }
}
