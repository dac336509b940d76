import {
  Args,
  type Ctx,
  fromFlag,
  KomaCommand,
  openArchive,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import { formatAmount } from "../../src/primitives/index.ts";

export interface AnsweredChallenge {
  readonly id: string;
  readonly state: "answered";
  readonly tx: string;
  readonly gasUsed: string;
  readonly bondWei: string;
  /** Transaction that paid the bond. */
  readonly bondTx: string | null;
}

export default class ProofRespond extends KomaCommand<AnsweredChallenge> {
  static override kind = "proof.respond";
  static override summary = "Show what a challenge says is missing, and take its bond.";
  static override description =
    `Looks through the blocks under checkpoints for the transaction, log or delivery that is said to be missing, proves it to the root
chain and has the bond paid out. Validators of a network do so by themselves; this is for whoever is faster.`;
  static override examples = ["<%= config.bin %> <%= command.id %> 1 --from alice"];
  static override args = {
    challenge: Args.string({ description: "Number of the challenge.", required: true, ignoreStdin: true }),
  };
  static override flags = { from: fromFlag, "password-file": passwordFileFlag };

  async execute(ctx: Ctx): Promise<AnsweredChallenge> {
    const { args, flags } = await this.parse(ProofRespond);
    const net = await ctx.net();
    const { findAnswer, findChallenge } = await import("../../src/fraud/index.ts");
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    const interactive = root.interactive();
    const opened = await findChallenge(interactive, chainId, (await readNetFacts(net)).rootStartBlock, args.challenge);
    const head = await root.checkpoints.head(chainId);
    const answer = await findAnswer(await openArchive(net, root), opened.claim, head.start - 1n);
    if (answer === undefined) {
      throw new UserError("KOMA_E_NO_ANSWER", "What is said to be missing is in no block under a checkpoint.", {
        facts: { challenge: opened.id, kind: opened.claim.kind, value: opened.claim.value },
      });
    }
    const sent = await interactive.respond(opened, answer, ctx.signal);
    const owed = await interactive.owed(key.address);
    const paid = owed > 0n ? await interactive.withdrawOwed(key.address, ctx.signal) : undefined;
    const data: AnsweredChallenge = {
      id: opened.id.toString(),
      state: "answered",
      tx: sent.hash ?? "",
      gasUsed: sent.gasUsed.toString(),
      bondWei: opened.claim.bond.toString(),
      bondTx: paid?.hash ?? null,
    };
    ctx.out.line(`Challenge ${data.id} is answered.`);
    ctx.out.line(`  transaction ${data.tx}, gas ${data.gasUsed}`);
    if (paid) ctx.out.line(`  bond        ${formatAmount(owed)} ETH, paid in ${data.bondTx}`);
    return data;
  }
}
