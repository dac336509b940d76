import { blockRangeOf, type Ctx, exitCodes, integerFlag, KomaCommand, stoppedNodeFlag } from "../../src/cli/index.ts";

export interface NodeVerifyData {
  readonly from: string;
  readonly to: string;
  /** Blocks whose header was checked. */
  readonly blocks: number;
  /** Of those, blocks whose transactions the node has forgotten. */
  readonly pruned: number;
  readonly transactions: number;
  /** States whose root was computed anew. */
  readonly states: number;
  /** Eras whose end more than two thirds of the weight have signed. */
  readonly proofs: number;
  readonly ok: boolean;
  /** The first thing that is wrong; null when nothing is. */
  readonly mismatch: { readonly block: string; readonly problem: string } | null;
}

export default class NodeVerify extends KomaCommand<NodeVerifyData> {
  static override kind = "node.verify";
  static override summary = "Compute anew everything that a stopped node's database says of its final blocks.";
  static override description =
    `Hashes, seals, senders, roots of transactions, receipts and states, and the signatures that prove the ends of eras. Nothing is
written. Of older states the accounts are checked, of the newest one every slot and all code. Exit code: 0 all is right, 6 something is
wrong; the first wrong block is named.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --dir ./follower",
    "<%= config.bin %> <%= command.id %> --dir ./follower --from 1000 --to 2000 --json",
  ];
  static override flags = {
    dir: stoppedNodeFlag,
    from: integerFlag({ summary: "First block; default: the genesis.", env: "KOMA_NODE_FROM" }),
    to: integerFlag({ summary: "Last block; default: the newest.", env: "KOMA_NODE_TO" }),
  };

  async execute(ctx: Ctx): Promise<NodeVerifyData> {
    const { flags } = await this.parse(NodeVerify);
    const { verifyNode } = await import("../../src/node/verify-node.ts");
    const { signal } = ctx;
    const range = blockRangeOf(flags);
    let found: Awaited<ReturnType<typeof verifyNode>> | undefined;
    await ctx.tasks([
      {
        title: "verify",
        run: async (report) => {
          found = await verifyNode(flags.dir, { ...range, signal, report });
          return `${found.blocks} blocks, ${found.transactions} transactions, ${found.states} states`;
        },
      },
    ]);
    const { from, to, mismatch, ...counts } = found as NonNullable<typeof found>;
    const { out } = ctx;
    if (mismatch) out.line(`${out.paint("red", "✖")} block ${mismatch.block} ${mismatch.problem}`);
    else out.line(`${out.paint("green", "✔")} blocks ${from} to ${to} are as they should be`);
    if (mismatch) ctx.exitWith(exitCodes.false);
    return {
      ...counts,
      from: from.toString(),
      to: to.toString(),
      mismatch: mismatch ? { block: mismatch.block.toString(), problem: mismatch.problem } : null,
    };
  }
}
