import {
  Args,
  type Ctx,
  exitCodes,
  Flags,
  KomaCommand,
  openRootChain,
  readNetFacts,
  readStdin,
  readTextFile,
} from "../../src/cli/index.ts";
import type { FileCheck, FileOutcome, FraudKind } from "../../src/fraud/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface VerifiedProof {
  readonly ok: boolean;
  readonly outcome: FileOutcome;
  readonly type: string;
  readonly checks: readonly FileCheck[];
}

export default class ProofVerify extends KomaCommand<VerifiedProof> {
  static override kind = "proof.verify";
  static override summary = "Check a proof file against the root chain's checkpoints.";
  static override description =
    `Takes inclusion proofs (proof block, tx, receipt, exit) and fraud proofs (proof challenge --out). Everything is computed here from
the file and the root that stakers signed; --onchain has the root contracts judge a fraud proof or an exit as well, without
sending anything. Exit code: 0 it holds, 6 it does not, 2 the file is malformed, 5 its checkpoint was rolled back.`;
  static override examples = [
    "<%= config.bin %> proof block 1 --wait --out block.proof.json && <%= config.bin %> <%= command.id %> block.proof.json",
    "<%= config.bin %> proof tx latest --wait --out tx.proof.json && <%= config.bin %> <%= command.id %> - --json < tx.proof.json",
  ];
  static override args = {
    file: Args.string({ description: "Proof file, or - for standard input.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    onchain: Flags.boolean({ summary: "Have the root contracts judge it too.", env: "KOMA_PROOF_ONCHAIN" }),
  };

  async execute(ctx: Ctx): Promise<VerifiedProof> {
    const { args, flags } = await this.parse(ProofVerify);
    const fraud = await import("../../src/fraud/index.ts");
    const { blockOf, checkChallenge, checkInclusion, looksLikeInclusion, openLookup, parseChallenge, parseInclusion } =
      fraud;
    const text = args.file === "-" ? await readStdin() : await readTextFile(args.file);
    const file = looksLikeInclusion(text)
      ? { inclusion: parseInclusion(text), challenge: undefined }
      : { inclusion: undefined, challenge: parseChallenge(text) };
    const { inclusion, challenge } = file;
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = inclusion ? blockOf(inclusion).chainId : challenge.chainId;
    const lookup = openLookup(root, chainId, (await readNetFacts(net)).rootStartBlock);
    const checked = inclusion
      ? await checkInclusion(inclusion, lookup)
      : await checkChallenge(
          challenge,
          lookup,
          flags.onchain ? judgeOf(root, fraud.fraudKindOf(challenge.type)) : undefined,
        );
    const checks = [...checked.checks];
    if (flags.onchain && inclusion && checked.outcome === "holds") {
      if (inclusion.type === "log") checks.push(await judgeExit(root, inclusion.proof));
      else
        ctx.out.warn("KOMA_W_NO_ONCHAIN_CHECK", `The root contracts have no question for a ${inclusion.type} alone.`);
    }
    const outcome = checks.every(({ ok }) => ok) || checked.outcome !== "holds" ? checked.outcome : "does-not-hold";
    const data: VerifiedProof = {
      ok: outcome === "holds",
      outcome,
      type: (inclusion ?? challenge).type,
      checks,
    };
    const { out } = ctx;
    const words = {
      holds: "holds",
      "does-not-hold": "does not hold",
      stale: "is stale: its checkpoint was rolled back",
    };
    out.line(`the ${data.type} proof ${words[outcome]}`);
    for (const { name, ok, detail } of checks) {
      const mark = ok ? out.paint("green", "✔") : out.paint("red", "✖");
      out.line(`  ${mark} ${name}${detail === undefined ? "" : ` (${detail})`}`);
    }
    if (outcome !== "holds") ctx.exitWith(outcome === "stale" ? exitCodes.conflict : exitCodes.false);
    return data;
  }
}

/** Who says on the root chain what evidence is worth: a verdict, or whether a claim that something is missing is taken. */
function judgeOf(root: RootChain, kind: FraudKind | undefined) {
  return kind?.interactive ? root.interactive().claimOf : root.challenges.judge;
}

/** A log that is a burn can be judged by trying its exit; one that was started before is as good. */
async function judgeExit(root: RootChain, proof: Parameters<RootChain["exits"]["start"]>[0]): Promise<FileCheck> {
  const { ProtocolError } = await import("../../src/errors.ts");
  const name = "the root contracts take it as an exit";
  try {
    await root.dryRun.exits.start(proof);
    return { name, ok: true };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const started = error.code === "KOMA_E_EXIT_EXISTS";
    return { name, ok: started, detail: started ? "it has started that exit before" : error.message };
  }
}
