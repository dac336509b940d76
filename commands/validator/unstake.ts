import {
  type Ctx,
  committeeOf,
  type ExpectedEra,
  epochStart,
  firstEraWith,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  resolveValidator,
  validatorArgs,
} from "../../src/cli/index.ts";

export interface LeavingStake {
  readonly id: string;
  readonly amountWei: string;
  /** From then on koma validator withdraw returns it. */
  readonly readyAt: string | null;
  readonly tx: string | null;
  /** First era whose committee can be without it; null when no node answers. */
  readonly committeeUntil: ExpectedEra | null;
}

export default class ValidatorUnstake extends KomaCommand<LeavingStake> {
  static override kind = "validator.unstake";
  static override summary = "Give up a validator's seat; the whole stake leaves.";
  static override description =
    `Power ends with the next epoch, and the validator is out of the chain's committee one to two eras after that. The stake stays slashable until the unbonding time is over, because offences can be proven
later; then koma validator withdraw returns it.`;
  static override examples = [
    "<%= config.bin %> validator register --key frank --stake 100 && <%= config.bin %> <%= command.id %> --key frank",
    "<%= config.bin %> validator register --key grace --stake 100 && <%= config.bin %> <%= command.id %> --key grace --json",
  ];
  static override args = validatorArgs;
  static override flags = ownerFlags;

  async execute(ctx: Ctx): Promise<LeavingStake> {
    const { args, flags } = await this.parse(ValidatorUnstake);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const sent = await root.stakes.unstake(id, ctx.signal);
    const validator = await root.stakes.validator(id);
    const committee = validator && (await committeeOf(net));
    const { epochLength } = await root.stakes.params();
    const gone = validator && epochStart(await root.stakes.genesisTime(), epochLength, validator.exitEpoch);
    const committeeUntil =
      committee && gone !== undefined ? firstEraWith(committee, gone * 1000, Date.now()) : undefined;
    const data: LeavingStake = {
      id: id.toString(),
      amountWei: (validator?.selfStake ?? 0n).toString(),
      readyAt: isoTime(validator?.unbondAt ?? 0),
      tx: sent.hash ?? null,
      committeeUntil: committeeUntil ?? null,
    };
    ctx.out.line(`validator ${id} leaves with ${formatAmount(BigInt(data.amountWei))} KMC`);
    ctx.out.line(`  transaction ${data.tx}`);
    if (committeeUntil) {
      ctx.out.line(
        `  signs until era ${committeeUntil.era} at the earliest, about ${committeeUntil.at}: keep its node running`,
      );
    }
    ctx.out.line(`  stake free  ${data.readyAt}`);
    ctx.out.note(`Next, then: koma validator withdraw ${id} --key ${owner.name}`);
    return data;
  }
}
