import {
  type Ctx,
  Flags,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  resolveValidator,
  validatorArgs,
  waitFor,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface WithdrawnStake {
  readonly id: string;
  readonly amountWei: string;
  readonly tx: string | null;
}

export default class ValidatorWithdraw extends KomaCommand<WithdrawnStake> {
  static override kind = "validator.withdraw";
  static override summary = "Return the stake of a validator that has left.";
  static override description =
    "Works when the unbonding time after koma validator unstake is over; --wait waits for it.";
  static override examples = [
    "<%= config.bin %> validator register --key heidi --stake 100 && <%= config.bin %> validator unstake --key heidi && <%= config.bin %> <%= command.id %> --key heidi --wait --timeout 10m",
    "<%= config.bin %> validator register --key ivan --stake 100 && <%= config.bin %> validator unstake --key ivan && <%= config.bin %> <%= command.id %> --key ivan --wait --timeout 10m --json",
  ];
  static override args = validatorArgs;
  static override flags = {
    ...ownerFlags,
    wait: Flags.boolean({ summary: "Wait until the stake is free.", env: "KOMA_VALIDATOR_WAIT" }),
  };

  async execute(ctx: Ctx): Promise<WithdrawnStake> {
    const { args, flags } = await this.parse(ValidatorWithdraw);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const validator = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const { id, status, unbondAt } = validator;
    if (status !== "unbonding") {
      throw new UserError("KOMA_E_VALIDATOR_STATE", `Validator ${id} is not leaving.`, {
        facts: { status },
        fix: [status === "active" ? `koma validator unstake ${id}` : "koma validator list"],
      });
    }
    const isFree = async () => (await root.head()).timestamp >= unbondAt;
    if (flags.wait) {
      const options = { what: `the stake is free at ${isoTime(unbondAt)}`, limitMs: 600_000 };
      await waitFor(ctx, options, async () => ((await isFree()) ? true : undefined));
    } else if (!(await isFree())) {
      throw new UserError("KOMA_E_STILL_BONDED", `The stake of validator ${id} is still bonded.`, {
        facts: { unbondAt, why: `It is free from ${isoTime(unbondAt)} on.` },
        fix: [`koma validator withdraw ${id} --key ${owner.name} --wait --timeout 10m`],
      });
    }
    const sent = await root.stakes.unstakeClaim(id, ctx.signal);
    ctx.out.line(`validator ${id}: ${formatAmount(validator.selfStake)} KMC returned to ${owner.name}`);
    ctx.out.line(`  transaction ${sent.hash}`);
    return { id: id.toString(), amountWei: validator.selfStake.toString(), tx: sent.hash ?? null };
  }
}
