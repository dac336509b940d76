import {
  amountFlag,
  type Ctx,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  requireRootBalance,
  resolveValidator,
  validatorArgs,
} from "../../src/cli/index.ts";

export interface AddedStake {
  readonly id: string;
  readonly stakeWei: string;
  /** Power now; the added stake counts from the next epoch on. */
  readonly power: string;
  readonly tx: string | null;
  readonly countsFrom: string | null;
}

export default class ValidatorStake extends KomaCommand<AddedStake> {
  static override kind = "validator.stake";
  static override summary = "Add to a validator's stake.";
  static override description = "The added stake counts from the next epoch on.";
  static override examples = [
    "<%= config.bin %> validator register --key dave --stake 100 && <%= config.bin %> <%= command.id %> --key dave --amount 50",
    "<%= config.bin %> validator register --key erin --stake 100 && <%= config.bin %> <%= command.id %> --key erin --amount 5 --json",
  ];
  static override args = validatorArgs;
  static override flags = {
    amount: amountFlag({ summary: "KMC to add.", required: true, env: "KOMA_VALIDATOR_AMOUNT" }),
    ...ownerFlags,
  };

  async execute(ctx: Ctx): Promise<AddedStake> {
    const { args, flags } = await this.parse(ValidatorStake);
    const { formatAmount, parseAddress } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const kmc = { symbol: "KMC", decimals: 18, root: parseAddress(net.contract("KMC")) };
    await requireRootBalance(root, kmc, owner, flags.amount);
    const sent = await root.stakes.addStake(id, flags.amount, ctx.signal);
    const [validator, seats, epoch, genesisTime, { epochLength }] = await Promise.all([
      root.stakes.validator(id),
      root.stakes.activeSet(),
      root.stakes.epoch(),
      root.stakes.genesisTime(),
      root.stakes.params(),
    ]);
    const stake = validator?.selfStake ?? 0n;
    const data: AddedStake = {
      id: id.toString(),
      stakeWei: stake.toString(),
      power: (seats.find(({ validatorId }) => validatorId === id)?.power ?? 0n).toString(),
      tx: sent.hash ?? null,
      countsFrom: isoTime(genesisTime + Number(epoch + 1n) * epochLength),
    };
    ctx.out.line(`validator ${id}: ${formatAmount(flags.amount)} KMC added, ${formatAmount(stake)} KMC in all`);
    ctx.out.line(`  transaction ${data.tx}`);
    ctx.out.line(`  counts from ${data.countsFrom}`);
    return data;
  }
}
