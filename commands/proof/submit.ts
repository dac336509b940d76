import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  type NamedKey,
  openKey,
  openRootChain,
  passwordFileFlag,
} from "../../src/cli/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";
import { type ChallengeData, finishChallenge, printChallenge, readEvidence } from "./challenge.ts";

export interface SubmittedProof extends Omit<ChallengeData, "state"> {
  /**
   * `accepted`: the guilty are charged. `opened`: a claim was taken, and an answer is waited for. `claimed`: somebody else's challenge came
   * first, and the bounty is this account's by its older commitment.
   */
  readonly state: "accepted" | "opened" | "claimed";
  /** Transaction that noted the commitment; null without one. */
  readonly commitTx: string | null;
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
    const { claimByCommitment, commitTo } = await import("../../src/fraud/index.ts");
    const net = await ctx.net();
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const search = await readEvidence(net, root, args.file);
    const offence = search.offence as Hash;
    const committed = flags.commit && search.bond === undefined;
    const commit = committed ? await commitTo(root, key, offence, ctx.signal) : undefined;
    if (commit) ctx.out.note(`commitment noted in ${commit.hash}`);
    const commitTx = commit?.hash ?? null;
    try {
      const data = await finishChallenge(ctx, net, root, key, search, { wait: flags.wait });
      printChallenge(ctx, data);
      return { ...data, state: data.state as SubmittedProof["state"], commitTx };
    } catch (refusal) {
      if (!committed) throw refusal;
      const claim = await claimByCommitment(root, refusal, offence, key.privateKey, ctx.signal);
      return told(ctx, root, { key, offence, search, commitTx, claim: claim.hash ?? null, gas: claim.gasUsed });
    }
  }
}

async function told(
  { out }: Ctx,
  root: RootChain,
  facts: {
    readonly key: NamedKey;
    readonly offence: Hash;
    readonly search: Awaited<ReturnType<typeof readEvidence>>;
    readonly commitTx: string | null;
    readonly claim: string | null;
    readonly gas: bigint;
  },
): Promise<SubmittedProof> {
  const { offence, search, commitTx, claim } = facts;
  const { bounty } = await root.stakes.slashOutcome(offence);
  out.line(`Somebody else proved offence ${offence} first; the bounty is ${facts.key.name}'s by the older commitment.`);
  out.line(`  transaction ${claim}`);
  out.note(`Next: koma bridge claim --from ${facts.key.name} --wait`);
  const { challenge } = search;
  return {
    id: offence,
    type: challenge?.type ?? null,
    state: "claimed",
    challenge: null,
    found: search.found,
    fault: search.fault,
    checkpoint: challenge?.checkpoint ? challenge.checkpoint.toString() : null,
    block: challenge?.checkpoint ? challenge.block.toString() : null,
    bondWei: "0",
    deadline: null,
    tx: claim,
    gasUsed: facts.gas.toString(),
    slashed: [],
    bountyWei: bounty.toString(),
    burnedWei: null,
    bountyTx: null,
    file: null,
    refused: [],
    commitTx,
  };
}
