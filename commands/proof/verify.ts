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
import type { CheckedFile, FileCheck, FileOutcome, FraudKind, ProofContent } from "../../src/fraud/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";

export interface VerifiedProof {
  readonly ok: boolean;
  readonly outcome: FileOutcome;
  readonly type: string;
  readonly checks: readonly FileCheck[];
}

export default class ProofVerify extends KomaCommand<VerifiedProof> {
  static override kind = "proof.verify";
  static override summary = "Check a proof file against the root chain's checkpoints, or against a root alone.";
  static override description =
    `Takes inclusion proofs (proof block, tx, receipt, account, exit) and fraud proofs (proof build, proof challenge --out). Everything is
computed here from the file and the root that stakers signed. With --root nobody is asked, neither a node nor the root chain: give the root of
every checkpoint that the proof leads to, as koma checkpoint show tells it on a machine that you trust. --onchain has the root contracts
judge a fraud proof or an exit as well, without sending anything.
Exit code: 0 it holds, 6 it does not, 2 the file is malformed, 5 its checkpoint was rolled back.`;
  static override examples = [
    "<%= config.bin %> proof block 1 --wait --out block.proof.json && <%= config.bin %> <%= command.id %> block.proof.json",
    "<%= config.bin %> proof tx latest --wait --out tx.proof.json && <%= config.bin %> <%= command.id %> - --json < tx.proof.json",
    '<%= config.bin %> <%= command.id %> block.proof.json --root "$ROOT_OF_CHECKPOINT"',
  ];
  static override args = {
    file: Args.string({ description: "Proof file, or - for standard input.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    root: Flags.string({
      summary: "Root of a checkpoint that the proof leads to: check offline. More than once for more than one.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_PROOF_ROOT",
      helpValue: "ROOT",
      exclusive: ["onchain"],
    }),
    onchain: Flags.boolean({ summary: "Have the root contracts judge it too.", env: "KOMA_PROOF_ONCHAIN" }),
  };

  async execute(ctx: Ctx): Promise<VerifiedProof> {
    const { args, flags } = await this.parse(ProofVerify);
    const { checkOffline, looksLikeInclusion, parseChallenge, parseInclusion, readCheckpoints } = await import(
      "../../src/fraud/index.ts"
    );
    const { parseHash } = await import("../../src/primitives/index.ts");
    const text = args.file === "-" ? await readStdin() : await readTextFile(args.file);
    const content = looksLikeInclusion(text)
      ? { inclusion: parseInclusion(text) }
      : { challenge: parseChallenge(text) };
    const { type } = "inclusion" in content ? content.inclusion : content.challenge;
    const { checks, ...checked } =
      flags.root === undefined
        ? await checkOnline(ctx, content, flags.onchain)
        : await checkOffline(content, { named: readCheckpoints(text), roots: flags.root.map(parseHash) });
    const outcome = checks.every(({ ok }) => ok) || checked.outcome !== "holds" ? checked.outcome : "does-not-hold";
    const data: VerifiedProof = {
      ok: outcome === "holds",
      outcome,
      type,
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

async function checkOnline(ctx: Ctx, content: ProofContent, onchain: boolean): Promise<CheckedFile> {
  const { blockOf, checkChallenge, checkInclusion, fraudKindOf, openLookup } = await import("../../src/fraud/index.ts");
  const net = await ctx.net();
  const root = await openRootChain(net);
  const fromBlock = (await readNetFacts(net)).rootStartBlock;
  if ("challenge" in content) {
    const { challenge } = content;
    const judge = onchain ? judgeOf(root, fraudKindOf(challenge.type)) : undefined;
    return checkChallenge(challenge, openLookup(root, challenge.chainId, fromBlock), judge);
  }
  const { inclusion } = content;
  const checked = await checkInclusion(inclusion, openLookup(root, blockOf(inclusion).chainId, fromBlock));
  if (!onchain || checked.outcome !== "holds") return checked;
  if (inclusion.type === "log")
    return { ...checked, checks: [...checked.checks, await judgeExit(root, inclusion.proof)] };
  ctx.out.warn("KOMA_W_NO_ONCHAIN_CHECK", `The root contracts have no question for a ${inclusion.type} alone.`);
  return checked;
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
