import type { DevnetOverview } from "../../devnet/overview.ts";
import { Args, type Ctx, Flags, graceFlag, InterruptedError, KomaCommand } from "../../src/cli/index.ts";

export default class DevnetUp extends KomaCommand<DevnetOverview> {
  static override kind = "devnet.up";
  static override summary = "Start a local network of validators on a root chain of its own.";
  static override description =
    `Starts anvil as root chain, deploys the root contracts, stakes the validators, and starts one node each. Returns when
the first block is final. Run it again to go on: a devnet that runs is shown, one that was stopped resumes where it was.
Without flags about its shape an existing devnet keeps the plan it has. Its keys are public test keys.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --validators 7 --json",
    "<%= config.bin %> <%= command.id %> --name demo --set chains[0].checkpoint.every=8 --wait-for checkpoint",
    "<%= config.bin %> <%= command.id %> my-network.yaml --fresh",
  ];
  static override args = {
    file: Args.string({
      description: "Network file (YAML or JSON); default: the preset of equal validators.",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    validators: Flags.integer({ summary: "Number of validators, 1 to 16; default 4.", env: "KOMA_DEVNET_VALIDATORS" }),
    producers: Flags.integer({
      summary: "How many of them produce blocks, 1 to 7; default all, at most 7.",
      env: "KOMA_DEVNET_PRODUCERS",
    }),
    name: Flags.string({
      summary: "Name of the devnet; default: --network, else the name in the file, else `default`.",
      env: "KOMA_DEVNET_NAME",
    }),
    fresh: Flags.boolean({ summary: "Throw away what an earlier devnet of that name left.", env: "KOMA_DEVNET_FRESH" }),
    l1: Flags.string({
      summary: "Use the Ethereum node at this URL as root chain instead of starting anvil.",
      env: "KOMA_DEVNET_L1",
      helpValue: "URL",
    }),
    "challenge-period": Flags.string({
      summary: "Time in which a checkpoint can be challenged; default 20s.",
      env: "KOMA_DEVNET_CHALLENGE_PERIOD",
      helpValue: "DURATION",
    }),
    set: Flags.string({
      summary: "Change a key of the network, for example ports.base=22000.",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "KEY=VALUE",
      env: "KOMA_DEVNET_SET",
    }),
    attach: Flags.boolean({
      summary: "Stay, and end the devnet with Ctrl-C; --detach (default) leaves it running.",
      env: "KOMA_DEVNET_ATTACH",
      exclusive: ["detach"],
    }),
    detach: Flags.boolean({ summary: "Leave it running in the background (default).", env: "KOMA_DEVNET_DETACH" }),
    "wait-for": Flags.string({
      summary: "Return when ready (first final block), at a block (block:10), or at the first checkpoint.",
      default: "ready",
      env: "KOMA_DEVNET_WAIT_FOR",
      helpValue: "ready|block:N|checkpoint",
    }),
    grace: graceFlag("With --attach: time the nodes get to end in order."),
  };

  async execute(ctx: Ctx): Promise<DevnetOverview> {
    const { args, flags } = await this.parse(DevnetUp);
    const period = flags["challenge-period"];
    const { bringUp } = await import("../../devnet/bring-up.ts");
    const session = await bringUp(ctx, {
      name: flags.name ?? ctx.cfg.network,
      file: args.file,
      validators: flags.validators,
      producers: flags.producers,
      l1: flags.l1,
      set: [...(period === undefined ? [] : [`chains[0].checkpoint.challenge=${period}`]), ...(flags.set ?? [])],
      fresh: flags.fresh,
      waitFor: flags["wait-for"],
    });
    const { printOverview } = await import("../../devnet/overview.ts");
    printOverview(ctx.out, session.overview);
    if (flags.attach) {
      ctx.out.note("Attached; Ctrl-C ends the devnet.");
      await session.attach(ctx, flags.grace);
      if (!(ctx.signal.reason instanceof InterruptedError)) ctx.signal.throwIfAborted();
      ctx.out.note("Ended; its data stays for the next `koma devnet up`.");
    }
    session.close();
    return session.overview;
  }
}
