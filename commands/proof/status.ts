import { Args, type Ctx, KomaCommand, openRootChain, readNetFacts, shortHex } from "../../src/cli/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { ClaimState, RootChain } from "../../src/rootchain/index.ts";

export interface ChallengeStatus {
  readonly id: string;
  readonly type: string;
  readonly state: ClaimState;
  readonly checkpoint: string;
  /** Sender, party to the log, or recipient of the deposit. */
  readonly subject: string;
  /** Nonce that is missing, number of the log before the gap, or id of the deposit. */
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
    const { findChallenge, fraudKindOf } = await import("../../src/fraud/index.ts");
    const root = await openRootChain(net);
    const interactive = root.interactive();
    const chainId = BigInt(net.chainId);
    const { rootStartBlock } = await readNetFacts(net);
    const opened =
      args.challenge === undefined
        ? await interactive.list(chainId, rootStartBlock)
        : [await findChallenge(interactive, chainId, rootStartBlock, args.challenge)];
    const happened = await challengeEvents(root, rootStartBlock);
    const list = await Promise.all(
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
          events: happened.filter((event) => event.id === id).map(({ event, tx }) => ({ event, tx })),
        };
      }),
    );
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

const EVENTS = { ChallengeOpened: "opened", ChallengeAnswered: "answered", ChallengeConcluded: "concluded" } as const;

async function challengeEvents(root: RootChain, fromBlock: bigint) {
  const names = Object.keys(EVENTS) as (keyof typeof EVENTS)[];
  const read = await Promise.all(names.map((event) => root.events({ contract: "InteractiveFraud", event, fromBlock })));
  return read.flat().map(({ event, args, transactionHash }) => {
    return { id: args["id"] as bigint, event: EVENTS[event as keyof typeof EVENTS], tx: transactionHash };
  });
}
