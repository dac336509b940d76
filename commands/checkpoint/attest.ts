import type { LateCollection, LatePlan, PendingCheckpoint } from "../../src/checkpoint/index.ts";
import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  latePlan,
  type NetClient,
  noStaker,
  openKey,
  openRootChain,
  passwordFileFlag,
  resolveCheckpoint,
  stakersAtHand,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Hex } from "../../src/primitives/index.ts";

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
stand in the devnet's folder, as far as each one's own node has the blocks final, or hands in signatures that were made elsewhere
(koma checkpoint sign). With nobody left to sign it sends nothing.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> latest --key validator-0 --json",
  ];
  static override args = {
    number: Args.string({ description: "Number, or latest.", default: "latest", ignoreStdin: true }),
  };
  static override flags = {
    signature: Flags.string({
      summary: "Signatures made elsewhere with koma checkpoint sign, instead of those of keys at hand.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_CHECKPOINT_SIGNATURE",
      helpValue: "HEX",
      exclusive: ["key"],
    }),
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
    const net = await ctx.net();
    const chainId = BigInt(net.chainId);
    const sender = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, sender);
    const record = await resolveCheckpoint(root, chainId, args.number);
    const { plan, pending } = await latePlan(net, root, record);
    const { added, signatures, bitmap, abstained } =
      flags.signature === undefined
        ? await collectAtHand(net, plan, pending, flags.key)
        : await collectSigned(plan, pending, flags.signature);
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

async function collectAtHand(
  net: NetClient,
  plan: LatePlan,
  pending: PendingCheckpoint,
  only: string | undefined,
): Promise<LateCollection> {
  const { collectLate } = await import("../../src/checkpoint/index.ts");
  const all = await stakersAtHand(net);
  const stakers = all.filter(({ name }) => only === undefined || name === only);
  if (stakers.length === 0) throw noStaker(only ?? "", all);
  return collectLate(plan, pending, stakers);
}

async function collectSigned(
  plan: LatePlan,
  pending: PendingCheckpoint,
  signatures: readonly string[],
): Promise<LateCollection> {
  const { collectGiven } = await import("../../src/checkpoint/index.ts");
  const { hexToBytes } = await import("../../src/primitives/index.ts");
  return collectGiven(
    plan,
    pending,
    signatures.map((text) => {
      if (/^0x[0-9a-fA-F]{130}$/.test(text)) return hexToBytes(text.toLowerCase() as Hex);
      throw new UserError("KOMA_E_ARGUMENT_INVALID", `"${text.slice(0, 40)}" is no signature of 65 bytes.`, {
        fix: ["koma checkpoint sign NUMBER --key VALIDATOR"],
      });
    }),
  );
}
