import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  type NetClient,
  openArchive,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Address } from "../../src/primitives/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { RootChain } from "../../src/rootchain/index.ts";
import { placesOf } from "./build.ts";

export interface AnsweredChallenge {
  readonly id: string;
  readonly state: "answered";
  /** The last one, where data took several; none when somebody else had shown it all. */
  readonly tx: string;
  readonly gasUsed: string;
  /** What the challenge was worth; of a demand, what its answers were paid. */
  readonly bondWei: string;
  /** Transaction that paid the bond. */
  readonly bondTx: string | null;
}

export default class ProofRespond extends KomaCommand<AnsweredChallenge> {
  static override kind = "proof.respond";
  static override summary = "Show what a challenge says is missing, and take its bond.";
  static override description =
    `Looks through the blocks under checkpoints for the transaction, log or delivery that is said to be missing, proves it to the root
chain and has the bond paid out. --tx names the transaction, and nothing else is looked at. What is demanded of a block (d1, d2, …) is shown in as many transactions as it takes, which the
demand pays for. Validators of a network do so by themselves; this is for whoever is faster.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> 1 --from alice",
    "<%= config.bin %> <%= command.id %> 1 --tx latest --from alice",
  ];
  static override args = {
    challenge: Args.string({ description: "Number of the challenge.", required: true, ignoreStdin: true }),
  };
  static override flags = {
    tx: Flags.string({
      summary: "Transaction that is said to be missing, or that left the log; more are tried one after the other.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_PROOF_TX",
      helpValue: "TX",
    }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<AnsweredChallenge> {
    const { args, flags } = await this.parse(ProofRespond);
    const net = await ctx.net();
    const { findAnswer, findChallenge, isDemandName } = await import("../../src/fraud/index.ts");
    if (flags.tx && isDemandName(args.challenge)) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", "A demand is for a block's data: no transaction answers it.", {
        facts: { argument: "tx" },
        fix: [`koma proof respond ${args.challenge}`],
      });
    }
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    if (isDemandName(args.challenge)) return showData(ctx, net, root, key.address, args.challenge);
    const chainId = BigInt(net.chainId);
    const interactive = root.interactive();
    const opened = await findChallenge(interactive, chainId, (await readNetFacts(net)).rootStartBlock, args.challenge);
    const head = await root.checkpoints.head(chainId);
    const named = flags.tx && (await placesOf(net, { tx: flags.tx }))?.transactions;
    const answer = await findAnswer(await openArchive(net, root), opened.claim, head.start - 1n, named);
    if (answer === undefined) {
      const where = named ? "not what was named, or not under a checkpoint" : "in no block under a checkpoint";
      throw new UserError("KOMA_E_NO_ANSWER", `What is said to be missing is ${where}.`, {
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

async function showData(
  ctx: Ctx,
  net: NetClient,
  root: RootChain,
  account: Address,
  name: string,
): Promise<AnsweredChallenge> {
  const { answerDemand, findDemand } = await import("../../src/fraud/index.ts");
  const demands = root.demands();
  const opened = await findDemand(demands, BigInt(net.chainId), (await readNetFacts(net)).rootStartBlock, name);
  const [record] = await root.checkpoints.list(opened.demand.chainId, opened.demand.number, 1);
  const sent: { hash: string; gas: bigint } = { hash: "", gas: 0n };
  const counted = {
    ...demands,
    respond: async (...args: Parameters<typeof demands.respond>) => {
      const one = await demands.respond(...args);
      sent.hash = one.hash ?? "";
      sent.gas += one.gasUsed;
      return one;
    },
  };
  const archive = await openArchive(net, root);
  const outcome = await answerDemand(archive, record?.structHash, counted, opened, ctx.signal);
  if (outcome !== "answered") {
    throw new UserError("KOMA_E_NO_ANSWER", "The demand cannot be answered now.", {
      facts: { challenge: name, why: outcome === "gone" ? "its checkpoint is gone" : "what comes before is not shown" },
      fix: ["koma proof status"],
    });
  }
  const owed = await demands.owed(account);
  const paid = owed > 0n ? await demands.withdrawOwed(account, ctx.signal) : undefined;
  ctx.out.line(`The ${opened.demand.part} of block ${opened.demand.block} are shown.`);
  if (sent.hash) ctx.out.line(`  transaction ${sent.hash}, gas ${sent.gas}`);
  if (paid) ctx.out.line(`  paid        ${formatAmount(owed)} ETH in ${paid.hash}`);
  return {
    id: name,
    state: "answered",
    tx: sent.hash,
    gasUsed: sent.gas.toString(),
    bondWei: owed.toString(),
    bondTx: paid?.hash ?? null,
  };
}
