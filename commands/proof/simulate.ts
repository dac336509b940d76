import {
  Args,
  type Ctx,
  exitCodes,
  Flags,
  fromFlag,
  KomaCommand,
  openRootChain,
  pickFraudKind,
  readTextFile,
  resolveAddress,
} from "../../src/cli/index.ts";
import { ProtocolError, UserError } from "../../src/errors.ts";
import type { Challenge } from "../../src/fraud/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";
import { lookForFraud, subjectFlags } from "./build.ts";

export interface SimulatedProof {
  readonly type: string;
  /** Whether the challenge would go through now. */
  readonly valid: boolean;
  /** Gas that it would take; null when it would not go through. */
  readonly gas: string | null;
  /** Wei of Ether that it would need beside it. */
  readonly bondWei: string;
  readonly checkpoint: string | null;
  readonly block: string | null;
  /** What the root contracts refuse with; null when they would not, and when nothing was found. */
  readonly revert: { readonly code: string; readonly message: string } | null;
}

export default class ProofSimulate extends KomaCommand<SimulatedProof> {
  static override kind = "proof.simulate";
  static override summary = "Try a challenge on the root contracts without sending it.";
  static override description =
    `Builds the proof as koma proof build does, or takes it from a file, and runs the challenge on the root chain's newest state: how
much gas it would take, or why it would be refused. Charging the seats afterwards comes on top. Nothing is signed and nothing changes. The exit
code is 6 when it would not go through.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> duplicate-nonce",
    "<%= config.bin %> <%= command.id %> bad-transaction --tx latest --json",
    "<%= config.bin %> <%= command.id %> --evidence fraud.json --from bob",
  ];
  static override args = {
    type: Args.string({
      description: "Kind of fraud, by name or number: koma proof types. Not with --evidence.",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...subjectFlags,
    evidence: Flags.string({
      summary: "Try the proof in this file.",
      env: "KOMA_PROOF_EVIDENCE",
      helpValue: "FILE",
      exclusive: ["tx", "block", "log", "checkpoint"],
    }),
    from: fromFlag,
  };

  async execute(ctx: Ctx): Promise<SimulatedProof> {
    const { args, flags } = await this.parse(ProofSimulate);
    const { provableKinds, parseChallenge } = await import("../../src/fraud/index.ts");
    if (args.type === undefined && flags.evidence === undefined) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "There is nothing to try.", {
        fix: ["Name a kind of fraud (koma proof types), or a file with --evidence."],
      });
    }
    const net = await ctx.net();
    const account = await resolveAddress(ctx, net, flags.from);
    const root = await openRootChain(net, undefined, account);
    const challenge =
      flags.evidence === undefined
        ? (await lookForFraud(ctx, net, root, pickFraudKind(args.type ?? "", provableKinds), flags)).challenge
        : parseChallenge(await readTextFile(flags.evidence));
    const tried = challenge ? await tryChallenge(root, challenge) : { gas: null, bondWei: "0", revert: null };
    const data: SimulatedProof = {
      type: challenge?.type ?? args.type ?? "",
      valid: tried.gas !== null,
      ...tried,
      checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
      block: challenge?.checkpoint ? challenge.block.toString() : null,
    };
    const { out } = ctx;
    if (!challenge) out.line(`No ${data.type} found that could be tried.`);
    else if (data.valid) out.line(`The challenge would go through, for ${data.gas} gas.`);
    else out.line(`The root contracts would refuse it: ${data.revert?.message} (${data.revert?.code})`);
    if (data.checkpoint) out.line(`  checkpoint  ${data.checkpoint}, block ${data.block}`);
    if (!data.valid) ctx.exitWith(exitCodes.false);
    return data;
  }
}

async function tryChallenge(
  root: RootChain,
  { kind, type, evidence }: Challenge,
): Promise<Pick<SimulatedProof, "gas" | "bondWei" | "revert">> {
  const { fraudKindOf } = await import("../../src/fraud/index.ts");
  let bond = 0n;
  try {
    if (fraudKindOf(type)?.interactive) {
      const { chainId, number } = await root.interactive().claimOf(kind, evidence);
      bond = await root.interactive().bondFor(chainId, number);
      const { gasUsed } = await root.dryRun.interactive().open(kind, evidence, bond);
      return { gas: gasUsed.toString(), bondWei: bond.toString(), revert: null };
    }
    const { gasUsed } = await root.dryRun.challenges.challenge(kind, evidence);
    return { gas: gasUsed.toString(), bondWei: "0", revert: null };
  } catch (error) {
    // The contracts' own answer; an endpoint that is away is none.
    if (!(error instanceof ProtocolError)) throw error;
    return { gas: null, bondWei: bond.toString(), revert: { code: error.code, message: error.message } };
  }
}
