import {
  Args,
  type Ctx,
  confidenceByNode,
  exitCodes,
  KomaCommand,
  type NodeConfidence,
  percent,
  ratioFlag,
  resolveBlock,
} from "../../src/cli/index.ts";

export interface ConsensusFinalityData {
  readonly block: string;
  readonly number: string;
  /** The smallest of the nodes that know the block. */
  readonly confidence: number | null;
  /** Weight that would have to cheat to undo the block, as the least sure of them sees it. */
  readonly needToRevert: number | null;
  readonly reached: boolean | null;
  readonly byNode: readonly NodeConfidence[];
}

export default class ConsensusFinality extends KomaCommand<ConsensusFinalityData> {
  static override kind = "consensus.finality";
  static override summary = "Show how final a block is, on every node.";
  static override description =
    `Confidence is the share of the stake that would have to cheat to undo the block. Every node works it out for itself. With
--threshold the exit code is 6 while the least sure node is below it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> finalized",
    "<%= config.bin %> <%= command.id %> 1 --threshold 1/3 --json",
  ];
  static override args = {
    block: Args.string({
      description: "Number, hash, latest, safe or finalized.",
      default: "latest",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    threshold: ratioFlag({ summary: "Exit with 6 below this confidence.", env: "KOMA_CONSENSUS_THRESHOLD" }),
  };

  async execute(ctx: Ctx): Promise<ConsensusFinalityData> {
    const { args, flags } = await this.parse(ConsensusFinality);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const block = await resolveBlock(await openChainClient(net.rpcUrl()), args.block);
    const byNode = await confidenceByNode(net, block.hash);
    const least = byNode
      .filter(({ confidence }) => confidence !== null)
      .sort((a, b) => (a.confidence as number) - (b.confidence as number))[0];
    const confidence = least?.confidence ?? null;
    const reached = flags.threshold === undefined ? null : (confidence ?? 0) >= flags.threshold;
    ctx.out.line(`block ${block.number}  ${block.hash}`);
    ctx.out.table(
      [{ title: "node" }, { title: "confidence", align: "right" }, { title: "" }],
      byNode.map(({ node, confidence: own, problem, level }) => [
        node,
        own === null ? "-" : percent(own),
        problem ?? (level ? `summit of level ${level}` : ""),
      ]),
    );
    if (confidence !== null) ctx.out.line(`Undoing it takes ${percent(confidence)} of the stake.`);
    if (reached === false) ctx.exitWith(exitCodes.false);
    return {
      block: block.hash,
      number: block.number.toString(),
      confidence,
      needToRevert: least?.needToRevert ?? null,
      reached,
      byNode,
    };
  }
}
