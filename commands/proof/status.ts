import {
  Args,
  type Ctx,
  KomaCommand,
  type NetClient,
  openRootChain,
  readNetFacts,
  shortHex,
} from "../../src/cli/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { ClaimState, DemandState, RootChain } from "../../src/rootchain/index.ts";

export interface ChallengeStatus {
  readonly id: string;
  readonly type: string;
  readonly state: ClaimState | DemandState;
  readonly checkpoint: string;
  /** Sender, party to the log, or recipient of the deposit; part of a block that is demanded. */
  readonly subject: string;
  /** Nonce that is missing, number of the log before the gap, id of the deposit, or number of the block. */
  readonly value: string;
  readonly challenger: string;
  readonly bondWei: string;
  /** Unix time until which answers are taken. */
  readonly deadline: number;
  /** What happened to it, oldest first: transactions of the root chain. */
  readonly events: readonly { readonly event: "opened" | "answered" | "concluded"; readonly tx: string }[];
}

export default class ProofStatus extends KomaCommand<readonly ChallengeStatus[]> {
  static override kind = "proof.status";
  static override summary = "List the challenges that an answer decides, and how they stand.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> 1 --json"];
  static override args = {
    challenge: Args.string({ description: "Only this challenge, by its number.", ignoreStdin: true }),
  };

  async execute(ctx: Ctx): Promise<readonly ChallengeStatus[]> {
    const { args } = await this.parse(ProofStatus);
    const net = await ctx.net();
    const root = await openRootChain(net);
    const list = [...(await challengesOf(net, root, args.challenge)), ...(await demandsOf(net, root, args.challenge))];
    if (list.length === 0) ctx.out.line("No challenge was ever opened.");
    else {
      ctx.out.table(
        [
          { title: "#", align: "right" },
          { title: "type" },
          { title: "state" },
          { title: "checkpoint", align: "right" },
          { title: "missing" },
          { title: "bond", optional: true },
          { title: "until" },
        ],
        list.map((entry) => [
          entry.id,
          entry.type,
          entry.state,
          entry.checkpoint,
          `${shortHex(entry.subject)} ${entry.value}`,
          `${formatAmount(BigInt(entry.bondWei))} ETH`,
          new Date(entry.deadline * 1000).toISOString(),
        ]),
      );
    }
    for (const { event, tx } of args.challenge === undefined ? [] : (list[0]?.events ?? [])) {
      ctx.out.line(`  ${event.padEnd(9)} ${tx}`);
    }
    return list;
  }
}

type Happening = ChallengeStatus["events"][number];
type EventNames = Readonly<Record<string, Happening["event"]>>;

const EVENTS: EventNames = {
  ChallengeOpened: "opened",
  ChallengeAnswered: "answered",
  ChallengeConcluded: "concluded",
};
const DEMAND_EVENTS: EventNames = { DataDemanded: "opened", DataShown: "answered", DemandConcluded: "concluded" };

async function happenings(root: RootChain, contract: string, names: EventNames, fromBlock: bigint) {
  const read = await Promise.all(Object.keys(names).map((event) => root.events({ contract, event, fromBlock })));
  return (id: bigint): readonly Happening[] =>
    read
      .flat()
      .filter(({ args }) => args["id"] === id)
      .map(({ event, transactionHash }) => ({ event: names[event] as Happening["event"], tx: transactionHash }));
}

/** Claims that something is missing. */
async function challengesOf(net: NetClient, root: RootChain, wanted?: string): Promise<readonly ChallengeStatus[]> {
  const { findChallenge, fraudKindOf, isDemandName } = await import("../../src/fraud/index.ts");
  if (wanted !== undefined && isDemandName(wanted)) return [];
  const interactive = root.interactive();
  const chainId = BigInt(net.chainId);
  const { rootStartBlock } = await readNetFacts(net);
  const opened =
    wanted === undefined
      ? await interactive.list(chainId, rootStartBlock)
      : [await findChallenge(interactive, chainId, rootStartBlock, wanted)];
  const happened = await happenings(root, "InteractiveFraud", EVENTS, rootStartBlock);
  return Promise.all(
    opened.map(async ({ id, claim }): Promise<ChallengeStatus> => {
      return {
        id: id.toString(),
        type: fraudKindOf(String(claim.kind))?.type ?? String(claim.kind),
        state: await interactive.stateOf(id),
        checkpoint: claim.number.toString(),
        subject: claim.subject,
        value: claim.value.toString(),
        challenger: claim.challenger,
        bondWei: claim.bond.toString(),
        deadline: Number(claim.deadline),
        events: happened(id),
      };
    }),
  );
}

/** Demands for data. */
async function demandsOf(net: NetClient, root: RootChain, wanted?: string): Promise<readonly ChallengeStatus[]> {
  const { demandName, findDemand, isDemandName } = await import("../../src/fraud/index.ts");
  const one = wanted !== undefined && isDemandName(wanted);
  if ((wanted !== undefined && !one) || (!one && root.contracts["DataCourt"] === undefined)) return [];
  const demands = root.demands();
  const chainId = BigInt(net.chainId);
  const { rootStartBlock } = await readNetFacts(net);
  const opened = one
    ? [await findDemand(demands, chainId, rootStartBlock, wanted)]
    : await demands.list(chainId, rootStartBlock);
  const happened = await happenings(root, "DataCourt", DEMAND_EVENTS, rootStartBlock);
  return Promise.all(
    opened.map(async ({ id, demand }) => ({
      id: demandName(id),
      type: "unavailable",
      state: await demands.stateOf(id),
      checkpoint: demand.number.toString(),
      subject: demand.part,
      value: demand.block.toString(),
      challenger: demand.demander,
      bondWei: demand.escrow.toString(),
      deadline: Number(demand.deadline),
      events: happened(id),
    })),
  );
}
