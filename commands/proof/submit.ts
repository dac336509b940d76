import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  openKey,
  openRootChain,
  passwordFileFlag,
} from "../../src/cli/index.ts";
import { type ChallengeData, finishChallenge, printChallenge, readEvidence } from "./challenge.ts";

export interface SubmittedProof extends ChallengeData {
  readonly state: "accepted" | "opened" | "claimed";
}

export default class ProofSubmit extends KomaCommand<SubmittedProof> {
  static override kind = "proof.submit";
  static override summary = "Send a fraud proof from a file and have the guilty slashed.";
  static override description =
    `Notes a commitment on the root chain first, then sends the proof and carries the slashing out. The commitment says nothing of the proof, but
whoever copies the proof out of the mempool and is mined first gains nothing by it: the bounty is that of the oldest commitment.
--no-commit saves that transaction. Claims that something is missing need a bond and no commitment.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> fraud.json --from bob",
    "<%= config.bin %> <%= command.id %> fraud.json --from bob --no-commit --wait --json",
  ];
  static override args = {
    file: Args.string({
      description: "Proof file of koma proof build, or of koma proof challenge --out.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    commit: Flags.boolean({
      summary: "Note a commitment first.",
      default: true,
      allowNo: true,
      env: "KOMA_PROOF_COMMIT",
    }),
    wait: Flags.boolean({
      summary: "Wait until the bounty can be settled, and have it paid out.",
      env: "KOMA_PROOF_WAIT",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<SubmittedProof> {
    const { args, flags } = await this.parse(ProofSubmit);
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const search = await readEvidence(net, root, args.file);
    const data = await finishChallenge(ctx, net, root, key, search, flags);
    printChallenge(ctx, data);
    return { ...data, state: data.state as SubmittedProof["state"] };
  }
}
