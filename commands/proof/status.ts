import { Args, type Ctx, KomaCommand, openRootChain, readNetFacts } from "../../src/cli/index.ts";
import { formatAmount } from "../../src/primitives/index.ts";
import type { ClaimState } from "../../src/rootchain/index.ts";

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
          { title: "bond" },
          { title: "until" },
        ],
        list.map((entry) => [
          entry.id,
          entry.type,
          entry.state,
          entry.checkpoint,
          `${entry.subject} ${entry.value}`,
          `${formatAmount(BigInt(entry.bondWei))} ETH`,
          new Date(entry.deadline * 1000).toISOString(),
        ]),
      );
    }
    return list;
  }
}
