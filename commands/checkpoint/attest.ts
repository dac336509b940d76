import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
  resolveCheckpoint,
  stakersAtHand,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import { zeroHash } from "../../src/primitives/index.ts";

export interface AttestedCheckpoint {
  readonly number: string;
  readonly added: readonly { readonly name: string; readonly signer: string; readonly seat: number }[];
  /** Stakers at hand that did not sign, and why. */
  readonly abstained: readonly { readonly name: string; readonly why: string }[];
  /** Null when nobody was left to sign. */
  readonly tx: string | null;
}

export default class CheckpointAttest extends KomaCommand<AttestedCheckpoint> {
  static override kind = "checkpoint.attest";
  static override summary = "Add signatures that are missing under a pending checkpoint.";
  static override description =
    `A validator that was away while a checkpoint was signed can sign until the checkpoint is final. It earns the same share of the
reward, and answers for the content like all others. Nodes do it by themselves; this command does it for the validators whose keys
stand in the devnet's folder, as far as each one's own node has the blocks final. With nobody left to sign it sends nothing.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> latest --key validator-0 --json",
  ];
  static override args = {
    number: Args.string({ description: "Number, or latest.", default: "latest", ignoreStdin: true }),
  };
  static override flags = {
    key: Flags.string({
      summary: "Only this validator's signature; default: every one at hand that is missing.",
      env: "KOMA_CHECKPOINT_KEY",
      helpValue: "VALIDATOR",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<AttestedCheckpoint> {
    const { args, flags } = await this.parse(CheckpointAttest);
    const { collectLate } = await import("../../src/checkpoint/index.ts");
    const net = await ctx.net();
    const chainId = BigInt(net.chainId);
    const sender = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, sender);
    const record = await resolveCheckpoint(root, chainId, args.number);
    const all = await stakersAtHand(net);
    const stakers = all.filter(({ name }) => flags.key === undefined || name === flags.key);
    if (stakers.length === 0) {
      throw new UserError("KOMA_E_VALIDATOR_NOT_FOUND", `There is no validator "${flags.key}" at hand.`, {
        facts: { known: all.map(({ name }) => name).join(", ") },
        fix: ["koma devnet status"],
      });
    }
    const [seats, before] = await Promise.all([
      root.stakes.activeSet(),
      record.number > 1n ? root.checkpoints.checkpoint(chainId, record.number - 1n) : undefined,
    ]);
    const domain = { rootChainId: BigInt(net.l1ChainId), contract: root.checkpoints.address };
    const pending = { ...record, prevCheckpoint: before?.structHash ?? zeroHash };
    const { added, signatures, bitmap, abstained } = await collectLate({ chainId, domain, seats }, pending, stakers);
    for (const { name, why } of abstained) ctx.out.note(`${name} does not sign: it ${why}`);
    const sent =
      added.length === 0
        ? undefined
        : await root.checkpoints.attest(chainId, record.number, bitmap, signatures, ctx.signal);
    const names = added.map(({ name }) => name).join(", ");
    if (sent) ctx.out.line(`checkpoint ${record.number}: signed by ${names} too\n  transaction ${sent.hash}`);
    else ctx.out.line(`checkpoint ${record.number}: no signature to add`);
    return { number: record.number.toString(), added, abstained, tx: sent?.hash ?? null };
  }
}
