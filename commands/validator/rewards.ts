import {
  Args,
  type Ctx,
  Flags,
  fromFlag,
  KomaCommand,
  type NetClient,
  openKey,
  openRootChain,
  passwordFileFlag,
  provenWork,
  readElection,
  resolveAddress,
  resolveValidator,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { RootChain, ValidatorRecord } from "../../src/rootchain/index.ts";

/** Blocks and rounds of the validator's signer key, as the newest final checkpoint shows them. */
export interface ValidatorWork {
  readonly checkpoint: string;
  readonly blocksMade: string;
  /** Slots that it led as a producer and that have no block of its. */
  readonly blocksMissed: string;
  /** Rounds that asked it for a unit, and those in which one came. */
  readonly roundsAsked: string;
  readonly roundsCame: string;
  /** Not paid yet, before this command. */
  readonly openWei: string;
  /** Paid by this command. */
  readonly paidWei: string;
  readonly tx: string | null;
  /** Transaction of this command that paid the stand-bys of the tenure, the validator among them. */
  readonly standbyTx: string | null;
}

export interface ValidatorRewardsData {
  readonly id: string;
  /** Delegator; null for the validator's own part, commission and bonuses included. */
  readonly account: string | null;
  /** Of all final checkpoints. */
  readonly earnedWei: string;
  /** Paid out, by this command too. */
  readonly claimedWei: string;
  /** Last transaction of a claim. */
  readonly tx: string | null;
  /** Pay for blocks and rounds, beside the rewards; null for a delegator, and before the first final checkpoint. */
  readonly work: ValidatorWork | null;
}

export default class ValidatorRewards extends KomaCommand<ValidatorRewardsData> {
  static override kind = "validator.rewards";
  static override summary = "Show what a validator or its delegator has earned, and claim it.";
  static override description =
    `A checkpoint pays those that signed it once it is final, by the stake that they and their delegators had when it was submitted.
Anyone may claim: a validator's part goes to its reward account, a delegator's to the delegator. Coins are made for it, within the
year's budget of new coins.

Beside that the chain's pool pays for work: for every block that the validator made, and for every round that it took part in, by
its share of the weight. The chain records both at the end of each era; a claim proves the record under the newest final checkpoint.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> validator-0",
    "<%= config.bin %> <%= command.id %> validator-0 --claim --json",
    "<%= config.bin %> validator delegate 1 --amount 50 --from bob && <%= config.bin %> <%= command.id %> 1 --delegator bob",
  ];
  static override args = {
    validator: Args.string({
      description: "Id, name of the node or owner, or address of signer or owner.",
      default: "1",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    delegator: Flags.string({
      summary: "What this account's delegation has earned, instead of the validator's part.",
      env: "KOMA_VALIDATOR_DELEGATOR",
      helpValue: "ACCOUNT",
    }),
    signer: Flags.string({
      summary: "Another key of the validator, whose work is meant: one that it signed with before.",
      env: "KOMA_VALIDATOR_REWARDS_SIGNER",
      helpValue: "ADDRESS",
    }),
    claim: Flags.boolean({ summary: "Pay out what is open.", env: "KOMA_VALIDATOR_CLAIM" }),
    from: fromFlag,
    "password-file": passwordFileFlag,
  };

  async execute(ctx: Ctx): Promise<ValidatorRewardsData> {
    const { args, flags } = await this.parse(ValidatorRewards);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const key = flags.claim ? await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] }) : undefined;
    const root = await openRootChain(net, key);
    const chainId = BigInt(net.chainId);
    const validator = await resolveValidator(ctx, net, root, { text: args.validator });
    const { id } = validator;
    const account = flags.delegator === undefined ? undefined : await resolveAddress(ctx, net, flags.delegator);
    const { finalizedUpTo } = await root.checkpoints.head(chainId);
    const whose = { id, chainId, ...(account ? { account } : {}) };
    const rewards = await root.rewards.earned({ ...whose, from: 1n, to: finalizedUpTo });
    const claimed =
      flags.claim && rewards.open ? await root.rewards.claim({ ...whose, ...rewards.open }, ctx.signal) : undefined;
    const signer = flags.signer === undefined ? validator.signer : await resolveAddress(ctx, net, flags.signer);
    if (signer !== validator.signer && (await root.stakes.validatorOfSigner(signer)) !== id) {
      throw new UserError("KOMA_E_VALIDATOR_NOT_FOUND", `${signer} is no signer key of validator ${id}.`, {
        fix: ["koma validator list"],
      });
    }
    const work = account ? null : await this.#work(ctx, net, root, { id, signer }, finalizedUpTo, flags.claim);
    const data: ValidatorRewardsData = {
      id: id.toString(),
      account: account ?? null,
      earnedWei: rewards.earned.toString(),
      claimedWei: (rewards.claimed + (claimed?.amount ?? 0n)).toString(),
      tx: claimed?.transactions.at(-1)?.hash ?? null,
      work,
    };
    const { out } = ctx;
    out.line(`validator ${id}${account ? `, delegated by ${flags.delegator}` : ""}`);
    out.line(`  earned   ${formatAmount(rewards.earned)} KMC in ${finalizedUpTo} final checkpoints`);
    out.line(`  claimed  ${formatAmount(BigInt(data.claimedWei))} KMC`);
    if (claimed) out.line(`  paid now ${formatAmount(claimed.amount)} KMC, transaction ${data.tx}`);
    else if (flags.claim) out.line("  nothing is open");
    if (!work) return data;
    out.line(`  blocks   ${work.blocksMade} made, ${work.blocksMissed} missed`);
    out.line(`  rounds   ${work.roundsCame} of ${work.roundsAsked}`);
    out.line(`  work     ${formatAmount(BigInt(work.openWei))} KMC open, to checkpoint ${work.checkpoint}`);
    if (work.tx) out.line(`  paid now ${formatAmount(BigInt(work.paidWei))} KMC for work, transaction ${work.tx}`);
    if (work.standbyTx) out.line(`  paid now as a stand-by, transaction ${work.standbyTx}`);
    return data;
  }

  async #work(
    ctx: Ctx,
    net: NetClient,
    root: RootChain,
    { id, signer }: Pick<ValidatorRecord, "id" | "signer">,
    checkpoint: bigint,
    claim: boolean,
  ): Promise<ValidatorWork | null> {
    const chainId = BigInt(net.chainId);
    const record = checkpoint === 0n ? undefined : await root.checkpoints.checkpoint(chainId, checkpoint);
    if (!record || net.contracts["ProducerRewards"] === undefined) return null;
    const rewards = root.work();
    const { totals, proof } = await provenWork(net, signer, record.end);
    const open = await rewards.payFor(chainId, signer, totals);
    const wanted = claim && open > 0n;
    const paid = wanted ? await rewards.claim({ chainId, checkpoint, signer, proof }, ctx.signal) : undefined;
    const standby = claim && (await isStandbyDue(root, chainId, id));
    const standbyPaid = standby ? await rewards.payStandbys(chainId, ctx.signal) : undefined;
    return {
      checkpoint: checkpoint.toString(),
      blocksMade: totals.made.toString(),
      blocksMissed: (totals.expected - totals.made).toString(),
      roundsAsked: totals.asked.toString(),
      roundsCame: totals.came.toString(),
      openWei: open.toString(),
      paidWei: (paid?.amount ?? 0n).toString(),
      tx: paid?.transaction.hash ?? null,
      standbyTx: standbyPaid?.hash ?? null,
    };
  }
}

/** A stand-by of the present tenure, while nobody has called for their pay and the vote for the next is open or closed. */
async function isStandbyDue(root: RootChain, chainId: bigint, id: bigint): Promise<boolean> {
  const { now, tenure, times, newest } = await readElection(root);
  if (now < times.opens || newest.tenure > tenure || !newest.standby.some((seat) => seat.id === id)) return false;
  return (await root.work().unpaidTenure(chainId)) <= tenure;
}
