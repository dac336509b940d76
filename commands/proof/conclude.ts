import {
  Args,
  type Ctx,
  fromFlag,
  KomaCommand,
  type NetClient,
  nodeNameOf,
  openArchive,
  openKey,
  openRootChain,
  passwordFileFlag,
  readNetFacts,
} from "../../src/cli/index.ts";
import { formatAmount, type Hash } from "../../src/primitives/index.ts";
import type { InteractiveChallenges, RootChain, SentTransaction } from "../../src/rootchain/index.ts";

export interface ConcludedChallenge {
  readonly id: string;
  /**
   * `convicted`: nobody answered, and the guilty are slashed. `answered`: what was demanded is shown, and what is left of the
   * escrow returns. `void`: its checkpoint had fallen before.
   */
  readonly state: "convicted" | "answered" | "void";
  readonly offence: string | null;
  readonly tx: string;
  readonly gasUsed: string;
  readonly slashed: readonly {
    readonly seat: number;
    readonly validator: string;
    readonly name: string | null;
    readonly amountWei: string;
  }[];
  readonly bountyWei: string | null;
  /** Transaction that paid what bonds left to the sender; null when nothing was owed to it. */
  readonly bondTx: string | null;
}

export default class ProofConclude extends KomaCommand<ConcludedChallenge> {
  static override kind = "proof.conclude";
  static override summary = "Close a challenge that nobody answered in time, and have the guilty slashed.";
  static override description =
    `Anyone may. The checkpoint falls, the signers and the producer of the block are charged, and the bond returns to whoever opened the
challenge. A challenge whose checkpoint is gone already is closed with nothing but the bond's return.`;
  static override examples = ["<%= config.bin %> <%= command.id %> 1 --from bob"];
  static override args = {
    challenge: Args.string({ description: "Number of the challenge.", required: true, ignoreStdin: true }),
  };
  static override flags = { from: fromFlag, "password-file": passwordFileFlag };

  async execute(ctx: Ctx): Promise<ConcludedChallenge> {
    const { args, flags } = await this.parse(ProofConclude);
    const net = await ctx.net();
    const { carryOut, isDemandName } = await import("../../src/fraud/index.ts");
    const key = await openKey(ctx, net, flags.from, { passwordFile: flags["password-file"] });
    const root = await openRootChain(net, key);
    const end = isDemandName(args.challenge) ? endDemand : endClaim;
    const { offenceId, sent, state, court } = await end(ctx, net, root, args.challenge);
    const convicted = state === "convicted";
    const punishment = convicted ? await carryOut(root, { ...sent, offenceId }, ctx.signal) : undefined;
    const owed = await court.owed(key.address);
    const paid = owed > 0n ? await court.withdrawOwed(key.address, ctx.signal) : undefined;
    const validators = await root.stakes.validators();
    const data: ConcludedChallenge = {
      id: args.challenge,
      state,
      offence: convicted ? offenceId : null,
      tx: sent.hash ?? "",
      gasUsed: sent.gasUsed.toString(),
      slashed: (punishment?.slashed ?? []).map(({ seat, validatorId, amount }) => ({
        seat,
        validator: validatorId.toString(),
        name: nodeNameOf(net, validators.find(({ id }) => id === validatorId)?.signer ?? ""),
        amountWei: amount.toString(),
      })),
      bountyWei: punishment ? punishment.bounty.toString() : null,
      bondTx: paid?.hash ?? null,
    };
    print(ctx, data, owed);
    return data;
  }
}

/** A challenge that is over, and the contract that keeps its bond. */
interface Ended {
  readonly offenceId: Hash;
  readonly sent: SentTransaction;
  readonly state: ConcludedChallenge["state"];
  readonly court: Pick<InteractiveChallenges, "owed" | "withdrawOwed">;
}

async function endClaim(ctx: Ctx, net: NetClient, root: RootChain, id: string): Promise<Ended> {
  const { findChallenge, headerOfClaim } = await import("../../src/fraud/index.ts");
  const court = root.interactive();
  const chainId = BigInt(net.chainId);
  const opened = await findChallenge(court, chainId, (await readNetFacts(net)).rootStartBlock, id);
  const header = await headerOfClaim(await openArchive(net, root), opened.claim);
  const sent = await court.conclude(opened, header, ctx.signal);
  const state = (await court.stateOf(opened.id)) === "convicted" ? "convicted" : "void";
  return { offenceId: opened.claim.offenceId, sent, state, court };
}

async function endDemand(ctx: Ctx, net: NetClient, root: RootChain, name: string): Promise<Ended> {
  const { findDemand, knownOf } = await import("../../src/fraud/index.ts");
  const court = root.demands();
  const opened = await findDemand(court, BigInt(net.chainId), (await readNetFacts(net)).rootStartBlock, name);
  const known = await knownOf(await openArchive(net, root), opened.demand);
  const sent = await court.conclude(opened, known, ctx.signal);
  const reached = await court.stateOf(opened.id);
  const state = reached === "convicted" || reached === "answered" ? reached : "void";
  return { offenceId: opened.demand.offenceId, sent, state, court };
}

function print({ out }: Ctx, data: ConcludedChallenge, owed: bigint): void {
  const ends = {
    convicted: "was not answered: the checkpoint fell.",
    answered: "was answered: what is left of its escrow returns.",
    void: "is void: its checkpoint had fallen before.",
  };
  out.line(`Challenge ${data.id} ${ends[data.state]}`);
  out.line(`  transaction ${data.tx}, gas ${data.gasUsed}`);
  for (const { name, validator, amountWei } of data.slashed) {
    out.line(`  slashed     ${name ?? `validator ${validator}`}: ${formatAmount(BigInt(amountWei))} KMC`);
  }
  if (data.bountyWei) out.line(`  bounty      ${formatAmount(BigInt(data.bountyWei))} KMC`);
  if (data.bondTx) out.line(`  bond        ${formatAmount(owed)} ETH, paid in ${data.bondTx}`);
}
