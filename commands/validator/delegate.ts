import {
  Args,
  amountFlag,
  type Ctx,
  epochStart,
  Flags,
  fromFlag,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
  requireRootBalance,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface DelegatedStake {
  readonly id: string;
  readonly account: string;
  readonly amountWei: string;
  /** Of the validator's pool, bought now. */
  readonly shares: string;
  /** What all of the account's shares in it are worth. */
  readonly delegatedWei: string;
  readonly countsFrom: string | null;
  readonly tx: string | null;
}

export default class ValidatorDelegate extends KomaCommand<DelegatedStake> {
  static override kind = "validator.delegate";
  static override summary = "Back a validator with your stake.";
  static override description =
    `The stake counts for the validator from the next epoch on, earns its part of the rewards less the validator's commission, and is
slashed with the validator's own. koma validator undelegate takes it back.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0 --amount 50 --from bob",
    "<%= config.bin %> <%= command.id %> 2 --amount 5 --from carol --json",
  ];
  static override args = {
    validator: Args.string({ description: "Id, or name of the node.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    amount: amountFlag({ summary: "KMC to delegate.", env: "KOMA_VALIDATOR_AMOUNT", exclusive: ["all"] }),
    all: Flags.boolean({ summary: "Delegate all KMC that the account has.", env: "KOMA_VALIDATOR_ALL" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<DelegatedStake> {
    const { args, flags } = await this.parse(ValidatorDelegate);
    const { formatAmount, parseAddress } = await import("../../src/primitives/index.ts");
    if (flags.amount === undefined && !flags.all) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "How much is to be delegated?", {
        fix: ["Name it with --amount, or delegate everything with --all."],
      });
    }
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator });
    const kmc = { symbol: "KMC", decimals: 18, root: parseAddress(net.contract("KMC")) };
    const amount = flags.amount ?? (await root.kmc.balanceOf(key.address));
    await requireRootBalance(root, kmc, key, amount === 0n ? 1n : amount);
    const sent = await root.delegations.delegate(id, amount, ctx.signal);
    const [held, epoch, genesisTime, { epochLength }] = await Promise.all([
      root.delegations.delegation(id, key.address),
      root.stakes.epoch(),
      root.stakes.genesisTime(),
      root.stakes.params(),
    ]);
    const data: DelegatedStake = {
      id: id.toString(),
      account: key.address,
      amountWei: amount.toString(),
      shares: (sent.shares ?? 0n).toString(),
      delegatedWei: held.amount.toString(),
      countsFrom: isoTime(epochStart(genesisTime, epochLength, epoch + 1n)),
      tx: sent.hash ?? null,
    };
    const all = formatAmount(held.amount);
    ctx.out.line(`validator ${id}: ${formatAmount(amount)} KMC of ${key.name} delegated, ${all} KMC in all`);
    ctx.out.line(`  transaction ${data.tx}`);
    ctx.out.line(`  counts from ${data.countsFrom}`);
    return data;
  }
}
