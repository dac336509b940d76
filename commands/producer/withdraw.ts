import {
  Args,
  type Ctx,
  isoTime,
  KomaCommand,
  openKey,
  openRootChain,
  ownerFlags,
  ownerKeyName,
  requireNominee,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";

export interface WithdrawnNomination {
  readonly id: string;
  readonly amountWei: string;
  /** When the stake is free; null once it was paid back. */
  readonly readyAt: string | null;
  readonly paid: boolean;
  readonly tx: string | null;
}

export default class ProducerWithdraw extends KomaCommand<WithdrawnNomination> {
  static override kind = "producer.withdraw";
  static override summary = "Stop standing for producer, and get the stake back.";
  static override description =
    `The first call ends the nomination; the stake stays slashable for the unbonding time, and the same command then pays it back. Neither
possible in office nor from the opening of a vote to its settlement.`;
  static override examples = [
    "<%= config.bin %> producer nominate --validator validator-0 && <%= config.bin %> <%= command.id %> validator-0 --yes",
    "<%= config.bin %> producer nominate --validator validator-1 && <%= config.bin %> <%= command.id %> validator-1 --yes --json",
  ];
  static override args = {
    validator: Args.string({ description: "Id or node's name of the nominee.", required: true, ignoreStdin: true }),
  };
  static override flags = ownerFlags;

  async execute(ctx: Ctx): Promise<WithdrawnNomination> {
    const { args, flags } = await this.parse(ProducerWithdraw);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const name = ownerKeyName(flags.key, args.validator);
    const owner = await openKey(ctx, net, name, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, owner);
    const { id } = await resolveValidator(ctx, net, root, { text: args.validator, owner: owner.address });
    const nominee = await requireNominee(root, id);
    if (nominee.status === "standing") {
      await ctx.confirm({ message: `End the nomination of validator ${id}?`, flag: "--yes" });
      const sent = await root.elections.withdraw(id, ctx.signal);
      const readyAt = isoTime((await requireNominee(root, id)).releaseAt);
      ctx.out.line(`validator ${id} stands no longer`);
      ctx.out.line(`  transaction ${sent.hash}`);
      ctx.out.line(`  stake free  ${readyAt}, ${formatAmount(nominee.stake)} KMC`);
      ctx.out.note(`Next, then: koma producer withdraw ${args.validator}`);
      return { id: id.toString(), amountWei: nominee.stake.toString(), readyAt, paid: false, tx: sent.hash ?? null };
    }
    const { timestamp } = await root.head();
    if (nominee.stake > 0n && timestamp < nominee.releaseAt) {
      throw new UserError("KOMA_E_STILL_BONDED", `The producer stake of validator ${id} is still locked.`, {
        facts: { releaseAt: nominee.releaseAt, why: `It is free from ${isoTime(nominee.releaseAt)} on.` },
        fix: [`koma producer withdraw ${args.validator}, then`],
      });
    }
    const sent = await root.elections.claim(id, ctx.signal);
    ctx.out.line(`validator ${id}: ${formatAmount(nominee.stake)} KMC returned to ${owner.name}`);
    ctx.out.line(`  transaction ${sent.hash}`);
    return { id: id.toString(), amountWei: nominee.stake.toString(), readyAt: null, paid: true, tx: sent.hash ?? null };
  }
}
