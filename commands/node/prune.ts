import { type Ctx, Flags, integerFlag, KomaCommand, stoppedNodeFlag } from "../../src/cli/index.ts";

export interface NodePruneData {
  readonly mode: "full" | "window";
  /** Bytes that the disk has back. */
  readonly freedBytes: number;
  /** The oldest block after which the state can be read. */
  readonly statesFrom: string;
  /** The oldest block whose transactions are kept. */
  readonly transactionsFrom: string;
  /** An earlier run was cut off; this one did the rest of it, too. */
  readonly wentOn: boolean;
}

export default class NodePrune extends KomaCommand<NodePruneData> {
  static override kind = "node.prune";
  static override summary = "Forget what a stopped node need not keep, and give the disk its space back.";
  static override description =
    `A running node forgets by itself what its storage mode does not keep, but its file stays as large as it was. This does the rest at once
and makes the file small; for that the disk needs room for the smaller copy. Nothing goes that the root chain can still ask for, so the
root chain has to be reachable. Killed or interrupted, it goes on when it is run again. Forgotten history comes back only from other nodes.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dir ./follower",
    "<%= config.bin %> <%= command.id %> --dir ./follower --storage window --yes",
    "<%= config.bin %> <%= command.id %> --dir ./follower --before-checkpoint 12 --yes --json",
  ];
  static override flags = {
    dir: stoppedNodeFlag,
    storage: Flags.option({ options: ["full", "window"] as const })({
      summary: "Forget older states, or older transactions too; default: as config.json says.",
      env: "KOMA_NODE_STORAGE",
    }),
    "before-checkpoint": integerFlag({
      summary: "Keep this checkpoint and all after it, although more could go.",
      env: "KOMA_NODE_BEFORE_CHECKPOINT",
      helpValue: "N",
    }),
  };

  async execute(ctx: Ctx): Promise<NodePruneData> {
    const { flags } = await this.parse(NodePrune);
    const { pruneNode } = await import("../../src/node/prune-node.ts");
    await ctx.confirm({ message: `Forget older history of the node in ${flags.dir} for good?`, flag: "--yes" });
    const { signal } = ctx;
    const before = flags["before-checkpoint"];
    let pruned: Awaited<ReturnType<typeof pruneNode>> | undefined;
    await ctx.tasks([
      {
        title: "prune",
        run: async (report) => {
          pruned = await pruneNode(flags.dir, {
            ...(flags.storage ? { storage: flags.storage } : {}),
            ...(before === undefined ? {} : { beforeCheckpoint: before }),
            signal,
            report,
          });
          return `${(pruned.freedBytes / 2 ** 20).toFixed(1)} MiB freed`;
        },
      },
    ]);
    const { mode, freedBytes, statesFrom, transactionsFrom, wentOn } = pruned as NonNullable<typeof pruned>;
    if (wentOn) ctx.out.note("An earlier run was cut off; this one went on.");
    ctx.out.line(`states from block ${statesFrom}, transactions from block ${transactionsFrom}`);
    return {
      mode,
      freedBytes,
      statesFrom: statesFrom.toString(),
      transactionsFrom: transactionsFrom.toString(),
      wentOn,
    };
  }
}
