import { type Ctx, Flags, KomaCommand, stoppedNodeFlag } from "../../src/cli/index.ts";

export interface NodeImportData {
  readonly file: string;
  /** Newest final block of the node now. */
  readonly height: string;
  /** Blocks that came in. */
  readonly blocks: string;
  /** Last block of the file that the node had before, after which it went on; null when it had none of them. */
  readonly wentOnAfter: string | null;
  /** Blocks at the end of the file that it does not prove to be final. */
  readonly unproven: string;
}

export default class NodeImport extends KomaCommand<NodeImportData> {
  static override kind = "node.import";
  static override summary = "Take the blocks of a file into a stopped node.";
  static override description =
    `Nothing in the file is believed: every block is run, and counts only when more than two thirds of the weight of its era have signed the
era's last block. Blocks after that are left for the node to fetch from its peers. Killed or interrupted, it goes on where it was when it is
run again.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --in ./blocks.koma --dir ./follower",
    "<%= config.bin %> <%= command.id %> --in ./blocks.koma --dir ./follower --json",
  ];
  static override flags = {
    in: Flags.string({ summary: "File of koma node export.", required: true, env: "KOMA_NODE_IN", helpValue: "FILE" }),
    dir: stoppedNodeFlag,
  };

  async execute(ctx: Ctx): Promise<NodeImportData> {
    const { flags } = await this.parse(NodeImport);
    const { importChain } = await import("../../src/node/import-chain.ts");
    const { signal } = ctx;
    let taken: Awaited<ReturnType<typeof importChain>> | undefined;
    await ctx.tasks([
      {
        title: "import",
        run: async (report) => {
          taken = await importChain(flags.dir, { in: flags.in, signal, report });
          return `${taken.blocks} blocks`;
        },
      },
    ]);
    const { to, blocks, wentOnAfter, unproven } = taken as NonNullable<typeof taken>;
    if (blocks > 0n && wentOnAfter !== undefined)
      ctx.out.note(`The node had the blocks up to ${wentOnAfter} and went on after it.`);
    ctx.out.line(blocks === 0n ? "The node had all of it already." : `The node is at block ${to} now.`);
    if (unproven > 0n)
      ctx.out.note(`${unproven} blocks at the end of the file are not proven final; peers will give them.`);
    return {
      file: flags.in,
      height: to.toString(),
      blocks: blocks.toString(),
      wentOnAfter: wentOnAfter?.toString() ?? null,
      unproven: unproven.toString(),
    };
  }
}
