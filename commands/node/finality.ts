import { type Ctx, Flags, KomaCommand, percent, ratioFlag } from "../../src/cli/index.ts";

export interface NodeFinalityData {
  /** Shares of the stake at which the node watches the chain, ascending. */
  readonly thresholds: readonly {
    readonly threshold: number;
    /** Newest block that is final at it; 0 before there is one. */
    readonly height: string;
    /** More stake is proven faulty than it allows: nothing is reported at it in this era. */
    readonly violated: boolean;
  }[];
  readonly changed: boolean;
}

export default class NodeFinality extends KomaCommand<NodeFinalityData> {
  static override kind = "node.finality";
  static override summary = "Show or change the thresholds at which a node calls blocks final.";
  static override description =
    `A threshold is the share of the stake that would have to cheat to undo a block. It is private to the node: nothing of it is sent, and
changing it changes nothing for others. safe (0.1) and finalized (1/3) are always among them. What is set lasts over restarts; --reset
goes back to the node's config.json. Only programs on the node's own machine may change it.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --node validator-1 --set 0.5 --set 2/3",
    "<%= config.bin %> <%= command.id %> --node validator-1 --reset --json",
  ];
  static override flags = {
    "rpc-url": Flags.string({
      summary: "JSON-RPC of the node; default: a node of the running devnet.",
      env: "KOMA_NODE_RPC_URL",
      helpValue: "URL",
      exclusive: ["node"],
    }),
    node: Flags.string({ summary: "Node of the devnet.", env: "KOMA_NODE_NAME" }),
    set: ratioFlag({
      summary: "Watch this share, and of the others only those given too.",
      multiple: true,
      multipleNonGreedy: true,
      env: "KOMA_NODE_SET",
    }),
    reset: Flags.boolean({
      summary: "Watch what config.json says.",
      env: "KOMA_NODE_RESET",
      exclusive: ["set"],
    }),
  };

  async execute(ctx: Ctx): Promise<NodeFinalityData> {
    const { flags } = await this.parse(NodeFinality);
    const { createRpcClient } = await import("../../src/rpc/index.ts");
    const rpc = createRpcClient(flags["rpc-url"] ?? (await ctx.net()).rpcUrl(flags.node));
    const given = flags.reset ? [] : flags.set;
    if (given) await rpc.request("koma_setFinality", [given], ctx.signal);
    const { finality } = await rpc.request<{
      readonly finality: readonly { readonly fraction: number; readonly height: number; readonly violated: boolean }[];
    }>("koma_consensus", [], ctx.signal);
    const thresholds = finality.map(({ fraction, height, violated }) => {
      return { threshold: fraction, height: String(height), violated };
    });
    ctx.out.table(
      [{ title: "threshold", align: "right" }, { title: "final up to", align: "right" }, { title: "" }],
      thresholds.map(({ threshold, height, violated }) => [
        percent(threshold),
        height,
        violated ? "violated: more stake cheats than it allows" : "",
      ]),
    );
    return { thresholds, changed: given !== undefined };
  }
}
