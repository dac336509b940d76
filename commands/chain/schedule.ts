import { type Ctx, isoTime, KomaCommand, nodeNameOf, openAnyNet, openRootChain } from "../../src/cli/index.ts";

export interface ScheduledChain {
  readonly chain: string;
  /** Of a chain of this network; null for others under the same root chain. */
  readonly name: string | null;
  /** Number of the next checkpoint, and its first block. */
  readonly number: string;
  readonly start: string;
  /** When the root chain expects it. */
  readonly nextAt: string | null;
  /** Signer key of whoever's turn it is now to submit it, and its node's name. */
  readonly proposer: string;
  readonly proposerName: string | null;
  /** How often the turn has passed on because nobody submitted. */
  readonly round: string;
  readonly overdue: boolean;
  /** Nothing more is taken from a chain that is halted. */
  readonly halted: boolean;
}

export default class ChainSchedule extends KomaCommand<readonly ScheduledChain[]> {
  static override kind = "chain.schedule";
  static override summary = "Show which side-chain's checkpoint is due next, and whose turn it is.";
  static override description =
    `All side-chains share one set of stakers, which checkpoint them one after the other: the most overdue comes first. The proposer is drawn by
stake from the checkpoint before; when it submits nothing, the turn passes on. Blocks decide too: a checkpoint comes when enough of them are
final.`;
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<readonly ScheduledChain[]> {
    await this.parse(ChainSchedule);
    const net = await openAnyNet(ctx);
    const root = await openRootChain(net);
    const [due, { timestamp: now }] = await Promise.all([root.checkpoints.dueChains(), root.head(ctx.signal)]);
    const schedule = await Promise.all(
      due.map(async ({ chainId, dueAt }): Promise<ScheduledChain> => {
        const { number, start, proposer, round, halted } = await root.checkpoints.head(chainId);
        return {
          chain: chainId.toString(),
          name: net.manifest.chains.find(({ id }) => BigInt(id) === chainId)?.name ?? null,
          number: number.toString(),
          start: start.toString(),
          nextAt: isoTime(dueAt),
          proposer,
          proposerName: nodeNameOf(net, proposer),
          round: round.toString(),
          overdue: now > dueAt,
          halted,
        };
      }),
    );
    ctx.out.table(
      [
        { title: "chain" },
        { title: "next", align: "right" },
        { title: "from block", align: "right", optional: true },
        { title: "due" },
        { title: "proposer" },
        { title: "" },
      ],
      schedule.map(({ chain, name, number, start, nextAt, proposer, proposerName, round, overdue, halted }) => [
        name === null ? chain : `${chain} ${name}`,
        number,
        start,
        nextAt?.slice(0, 19).replace("T", " ") ?? "",
        proposerName ?? proposer,
        halted ? "halted" : overdue ? (round === "0" ? "due now" : `overdue, round ${round}`) : "",
      ]),
    );
    return schedule;
  }
}
