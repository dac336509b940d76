import { Args, type Ctx, Flags, fromFlag, KomaCommand, passwordFileFlag, readTextFile } from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import { type ChallengeData, challengeFraud } from "../proof/challenge.ts";

/** As proof challenge tells it, with the checkpoint that was asked about. */
export interface ChallengedCheckpoint extends ChallengeData {
  readonly number: string;
}

export default class CheckpointChallenge extends KomaCommand<ChallengedCheckpoint> {
  static override kind = "checkpoint.challenge";
  static override summary = "Look for fraud in one checkpoint and have the guilty slashed.";
  static override description =
    `What koma proof challenge does, for one checkpoint: everything that scanning finds in its blocks is tried, or the one kind that --type names,
or the proof in a file. The exit code is 6 when nothing is found.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest --dry-run",
    "<%= config.bin %> <%= command.id %> latest --type duplicate-nonce --from bob --dry-run --json",
    "<%= config.bin %> <%= command.id %> latest --evidence fraud.json --from bob --wait",
  ];
  static override args = {
    number: Args.string({ description: "Number, or latest.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    type: Flags.string({
      summary: "Kind of fraud, by name or number (koma proof types); default: any.",
      env: "KOMA_CHECKPOINT_TYPE",
    }),
    evidence: Flags.string({
      summary: "Challenge with the proof in this file instead of scanning.",
      env: "KOMA_CHECKPOINT_EVIDENCE",
      helpValue: "FILE",
      exclusive: ["type"],
    }),
    out: Flags.string({ summary: "Write the proof to this file.", env: "KOMA_PROOF_OUT", helpValue: "FILE" }),
    "dry-run": Flags.boolean({ summary: "Have it judged, but send nothing.", env: "KOMA_DRY_RUN" }),
    wait: Flags.boolean({
      summary: "Wait until the bounty can be settled, and have it paid out.",
      env: "KOMA_PROOF_WAIT",
      exclusive: ["dry-run"],
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ChallengedCheckpoint> {
    const { args, flags } = await this.parse(CheckpointChallenge);
    if (flags.evidence !== undefined) await requireAbout(args.number, flags.evidence);
    const data = await challengeFraud(ctx, flags.type, { ...flags, checkpoint: args.number, commit: false });
    return { ...data, number: data.checkpoint ?? args.number };
  }
}

/** A file about another checkpoint would roll that one back. @throws {UserError} KOMA_E_ARGUMENT_INVALID */
async function requireAbout(number: string, file: string): Promise<void> {
  const { parseChallenge } = await import("../../src/fraud/index.ts");
  const { checkpoint } = parseChallenge(await readTextFile(file));
  if (number === "latest" || checkpoint.toString() === number) return;
  throw new UserError("KOMA_E_ARGUMENT_INVALID", `The proof in ${file} is not about checkpoint ${number}.`, {
    facts: { checkpoint, why: `It is about checkpoint ${checkpoint}.` },
    fix: [`koma proof submit ${file}`],
  });
}
