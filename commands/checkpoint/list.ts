import {
  type Ctx,
  Flags,
  isoTime,
  KomaCommand,
  nodeNameOf,
  openRootChain,
  readNetFacts,
  shortHex,
} from "../../src/cli/index.ts";

type State = "pending" | "final" | "rejected";

export interface ListedCheckpoint {
  readonly number: string;
  readonly chain: number;
  readonly start: string;
  readonly end: string;
  readonly root: string;
  readonly proposer: string;
  readonly state: State;
  readonly challengeEndsAt: string | null;
  readonly tx: string;
}

export default class CheckpointList extends KomaCommand<readonly ListedCheckpoint[]> {
  static override kind = "checkpoint.list";
  static override summary = "List the chain's checkpoints on the root chain, newest first.";
  static override description =
    `A checkpoint is pending while it can be challenged, then final. A rejected one was proven wrong, or came after one that
was; its number is given again.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --state pending --json",
  ];
  static override flags = {
    state: Flags.option({ options: ["pending", "final", "rejected"] as const })({
      summary: "Only those in this state.",
      env: "KOMA_CHECKPOINT_STATE",
    }),
    limit: Flags.integer({ summary: "How many.", default: 20, min: 1, env: "KOMA_CHECKPOINT_LIMIT" }),
  };

  async execute(ctx: Ctx): Promise<readonly ListedCheckpoint[]> {
    const { flags } = await this.parse(CheckpointList);
    const { checkpointHistory } = await import("../../src/checkpoint/index.ts");
    const net = await ctx.net();
    const root = await openRootChain(net);
    const chainId = BigInt(net.chainId);
    const fromBlock = (await readNetFacts(net)).rootStartBlock;
    const read = (event: string) => root.events({ contract: "CheckpointManager", event, fromBlock });
    const events = await Promise.all([read("CheckpointSubmitted"), read("CheckpointRejected")]);
    const now = BigInt((await root.head()).timestamp);
    const history = checkpointHistory(chainId, events.flat()).toReversed();
    const listed: ListedCheckpoint[] = [];
    for (const entry of history) {
      if (listed.length >= flags.limit) break;
      const { live, number, challengeEnd } = entry;
      // Only a checkpoint whose period is over may be final; an open challenge can still hold it back.
      const final = live && now >= challengeEnd && (await root.checkpoints.isFinal(chainId, number));
      const state: State = live ? (final ? "final" : "pending") : "rejected";
      if (flags.state !== undefined && flags.state !== state) continue;
      listed.push({
        number: number.toString(),
        chain: net.chainId,
        start: entry.start.toString(),
        end: entry.end.toString(),
        root: entry.rootHash,
        proposer: entry.proposer,
        state,
        challengeEndsAt: isoTime(challengeEnd),
        tx: entry.transaction,
      });
    }
    if (listed.length === 0) ctx.out.line("No checkpoint yet.");
    else
      ctx.out.table(
        [
          { title: "#", align: "right" },
          { title: "blocks" },
          { title: "state" },
          { title: "challengeable until" },
          { title: "proposer" },
          { title: "root", optional: true },
        ],
        listed.map(({ number, start, end, state, challengeEndsAt, proposer, root: hash }) => [
          number,
          `${start}-${end}`,
          state,
          challengeEndsAt ?? "",
          nodeNameOf(net, proposer) ?? shortHex(proposer),
          shortHex(hash),
        ]),
      );
    return listed;
  }
}
