import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
  resolveAddress,
  resolveValidator,
} from "../../src/cli/index.ts";

export interface ValidatorRewardsData {
  readonly id: string;
  /** Delegator; null for the validator's own part, commission and bonuses included. */
  readonly account: string | null;
  /** Of all final checkpoints. */
  readonly earnedWei: string;
  /** Paid out, by this command too. */
  readonly claimedWei: string;
  /** Last transaction of a claim. */
  readonly tx: string | null;
}

export default class ValidatorRewards extends KomaCommand<ValidatorRewardsData> {
  static override kind = "validator.rewards";
  static override summary = "Show what a validator or its delegator has earned, and claim it.";
  static override description =
    `A checkpoint pays those that signed it once it is final, by the stake that they and their delegators had when it was submitted.
Anyone may claim: a validator's part goes to its reward account, a delegator's to the delegator. Coins are made for it, within the
year's budget of new coins.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0",
    "<%= config.bin %> <%= command.id %> validator-0 --claim --json",
    "<%= config.bin %> validator delegate 1 --amount 50 --from bob && <%= config.bin %> <%= command.id %> 1 --delegator bob",
  ];
  static override args = {
    validator: Args.string({
      description: "Id, name of the node or owner, or address of signer or owner.",
      default: "1",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    delegator: Flags.string({
      summary: "What this account's delegation has earned, instead of the validator's part.",
      env: "KOMA_VALIDATOR_DELEGATOR",
      helpValue: "ACCOUNT",
    }),
    claim: Flags.boolean({ summary: "Pay out what is open.", env: "KOMA_VALIDATOR_CLAIM" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ValidatorRewardsData> {
    const { args, flags } = await this.parse(ValidatorRewards);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const key = flags.claim ? await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] }) : undefined;
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator });
    const account = flags.delegator === undefined ? undefined : await resolveAddress(ctx, net, flags.delegator);
    const { finalizedUpTo } = await root.checkpoints.head(chainId);
    const whose = { id, chainId, ...(account ? { account } : {}) };
    const rewards = await root.rewards.earned({ ...whose, from: 1n, to: finalizedUpTo });
    const claimed =
      flags.claim && rewards.open ? await root.rewards.claim({ ...whose, ...rewards.open }, ctx.signal) : undefined;
    const data: ValidatorRewardsData = {
      id: id.toString(),
      account: account ?? null,
      earnedWei: rewards.earned.toString(),
      claimedWei: (rewards.claimed + (claimed?.amount ?? 0n)).toString(),
      tx: claimed?.transactions.at(-1)?.hash ?? null,
    };
    const { out } = ctx;
    out.line(`validator ${id}${account ? `, delegated by ${flags.delegator}` : ""}`);
    out.line(`  earned   ${formatAmount(rewards.earned)} KMC in ${finalizedUpTo} final checkpoints`);
    out.line(`  claimed  ${formatAmount(BigInt(data.claimedWei))} KMC`);
    if (claimed) out.line(`  paid now ${formatAmount(claimed.amount)} KMC, transaction ${data.tx}`);
    else if (flags.claim) out.line("  nothing is open");
    return data;
  }
}
