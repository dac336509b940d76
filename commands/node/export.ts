import { blockRangeOf, type Ctx, Flags, integerFlag, KomaCommand, stoppedNodeFlag } from "../../src/cli/index.ts";

export interface NodeExportData {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly blocks: string;
  /** Last block that the file proves to be final; another node takes in no more than that. */
  readonly provenTo: string;
  readonly bytes: number;
  /** An earlier run was cut off: what it had written was thrown away. */
  readonly beganAgain: boolean;
}

export default class NodeExport extends KomaCommand<NodeExportData> {
  static override kind = "node.export";
  static override summary = "Write final blocks of a stopped node into a file.";
  static override description =
    `The file holds the blocks and the signatures under the ends of their eras, so that whoever reads it need not trust who wrote it. It
appears under its name when it is whole: killed, it begins again when it is run again. Without --from and --to it holds all that the node has.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dir ./follower --out ./blocks.koma",
    "<%= config.bin %> <%= command.id %> --dir ./follower --from 5000 --to 9999 --out ./blocks.koma --json",
  ];
  static override flags = {
    dir: stoppedNodeFlag,
    out: Flags.string({
      summary: "File to write; it must not exist.",
      required: true,
      env: "KOMA_NODE_OUT",
      helpValue: "FILE",
    }),
    from: integerFlag({ summary: "First block; default: the first that is kept.", env: "KOMA_NODE_FROM" }),
    to: integerFlag({ summary: "Last block; default: the newest final one.", env: "KOMA_NODE_TO" }),
  };

  async execute(ctx: Ctx): Promise<NodeExportData> {
    const { flags } = await this.parse(NodeExport);
    const { exportChain } = await import("../../src/node/export-chain.ts");
    const { signal } = ctx;
    const range = blockRangeOf(flags);
    let written: Awaited<ReturnType<typeof exportChain>> | undefined;
    await ctx.tasks([
      {
        title: "export",
        run: async (report) => {
          written = await exportChain(flags.dir, { out: flags.out, ...range, signal, report });
          return `${written.blocks} blocks, ${(written.bytes / 2 ** 20).toFixed(1)} MiB`;
        },
      },
    ]);
    const { from, to, blocks, provenTo, bytes, beganAgain } = written as NonNullable<typeof written>;
    if (beganAgain) ctx.out.note("An earlier run was cut off; this one began again.");
    ctx.out.line(`${flags.out}: blocks ${from} to ${to}, proven up to block ${provenTo}`);
    ctx.out.note(`Next, for a stopped node: koma node import --in ${flags.out} --dir DIR`);
    return {
      file: flags.out,
      from: from.toString(),
      to: to.toString(),
      blocks: blocks.toString(),
      provenTo: provenTo.toString(),
      bytes,
      beganAgain,
    };
  }
}
