import {
  type Ctx,
  epochStart,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  resolveValidator,
  stateOf,
  type ValidatorState,
  validatorArgs,
} from "../../src/cli/index.ts";

export interface UnjailedValidator {
  readonly id: string;
  readonly state: ValidatorState;
  /** From then on its power counts again. */
  readonly countsFrom: string | null;
  readonly tx: string | null;
}

export default class ValidatorUnjail extends KomaCommand<UnjailedValidator> {
  static override kind = "validator.unjail";
  static override summary = "Give a jailed validator its power back.";
  static override description =
    `Whoever signed two contradicting things loses stake and all power. When its time in jail is over (koma validator status shows
until when), its owner may let it out; what is left of the stake counts from the next epoch on.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0",
    "<%= config.bin %> <%= command.id %> 3 --key alice --json",
  ];
  static override args = validatorArgs;
  static override flags = ownerFlags;

  async execute(ctx: Ctx): Promise<UnjailedValidator> {
    const { args, flags } = await this.parse(ValidatorUnjail);
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const sent = await root.stakes.unjail(id, ctx.signal);
    const [validator, epoch, genesisTime, { epochLength }] = await Promise.all([
      root.stakes.validator(id),
      root.stakes.epoch(),
      root.stakes.genesisTime(),
      root.stakes.params(),
    ]);
    const data: UnjailedValidator = {
      id: id.toString(),
      state: validator ? stateOf(validator, epoch) : "left",
      countsFrom: isoTime(epochStart(genesisTime, epochLength, epoch + 1n)),
      tx: sent.hash ?? null,
    };
    ctx.out.line(`validator ${id} is free: its stake counts from ${data.countsFrom}`);
    ctx.out.line(`  transaction ${data.tx}`);
    return data;
  }
}
