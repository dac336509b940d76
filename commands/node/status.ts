import { type Ctx, exitCodes, Flags, formatDuration, giveKeyStep, KomaCommand } from "../../src/cli/index.ts";

export interface NodeStatusData {
  readonly name: string;
  /** libp2p peer id. */
  readonly nodeId: string;
  readonly version: string;
  readonly chainId: string;
  readonly signer: string | null;
  /** Its other keys for blocks. */
  readonly producerKeys: readonly string[];
  /** How its validator's blocks are sealed in the present era; null outside the committee. */
  readonly sealing: { readonly inOffice: boolean; readonly key: string; readonly held: boolean } | null;
  readonly syncing: boolean;
  readonly paused: boolean;
  readonly height: string;
  readonly finalized: { readonly number: string; readonly hash: string };
  readonly peers: number;
  readonly uptimeS: number;
  /** What is not as it should be; empty when the node is well. */
  readonly troubles: readonly string[];
}

export default class NodeStatus extends KomaCommand<NodeStatusData> {
  static override kind = "node.status";
  static override summary = "Show what a node is doing.";
  static override description =
    "With --exit-code the status is 6 when the node is behind, without peers, or paused because too few validators are online.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --node validator-1 --json",
    "<%= config.bin %> <%= command.id %> --node validator-0 --exit-code",
  ];
  static override flags = {
    "rpc-url": Flags.string({
      summary: "JSON-RPC of the node; default: a node of the running devnet.",
      env: "KOMA_NODE_RPC_URL",
      helpValue: "URL",
      exclusive: ["node"],
    }),
    node: Flags.string({ summary: "Node of the devnet.", env: "KOMA_NODE_NAME" }),
    "exit-code": Flags.boolean({ summary: "Exit with 6 when the node is not well.", env: "KOMA_NODE_EXIT_CODE" }),
  };

  async execute(ctx: Ctx): Promise<NodeStatusData> {
    const { flags } = await this.parse(NodeStatus);
    const { createRpcClient } = await import("../../src/rpc/index.ts");
    const url = flags["rpc-url"] ?? (await ctx.net()).rpcUrl(flags.node);
    const rpc = createRpcClient(url);
    const [status, syncing] = await Promise.all([
      rpc.request<JsonStatus>("koma_status", [], ctx.signal),
      rpc.request<false | { readonly highestBlock: string }>("eth_syncing", [], ctx.signal),
    ]);
    const { consensus } = status;
    const { sealing } = status;
    const lacksKey = sealing?.inOffice === true && !sealing.held;
    const troubles = [
      syncing === false ? undefined : `behind: the others are at ${BigInt(syncing.highestBlock)}`,
      status.peers === 0 ? "no peers" : undefined,
      consensus.paused ? "paused: too few validators are online" : undefined,
      lacksKey ? `its slots stay empty: the producer key ${sealing.key} is not on this node` : undefined,
      consensus.faultyWeight > 0 ? "validators are proven faulty" : undefined,
    ].filter((trouble) => trouble !== undefined);
    const data: NodeStatusData = {
      name: status.name,
      nodeId: status.peerId,
      version: status.version,
      chainId: BigInt(status.chainId).toString(),
      signer: status.signer ?? null,
      producerKeys: status.producerKeys,
      sealing,
      syncing: syncing !== false,
      paused: consensus.paused,
      height: BigInt(status.head.number).toString(),
      finalized: { number: BigInt(status.finalized.number).toString(), hash: status.finalized.hash },
      peers: status.peers,
      uptimeS: status.uptimeS,
      troubles,
    };
    const { out } = ctx;
    out.line(`${data.name}  ${data.version}, up ${formatDuration(data.uptimeS * 1000)}`);
    out.line(`  id         ${data.nodeId}`);
    out.line(`  chain      ${data.chainId}`);
    if (data.signer) out.line(`  signer     ${data.signer}`);
    if (sealing?.inOffice) {
      const which = sealing.key === data.signer ? "its signer key" : "its producer key";
      out.line(`  seals with ${sealing.key}, ${which}${sealing.held ? "" : ", which is missing"}`);
    }
    out.line(`  height     ${data.height}, final ${data.finalized.number}`);
    out.line(`  peers      ${data.peers}`);
    out.line(`  health     ${troubles.length === 0 ? "good" : troubles.join(", ")}`);
    if (lacksKey) out.note(`Next: ${giveKeyStep(sealing.key)}`);
    if (flags["exit-code"] && troubles.length > 0) ctx.exitWith(exitCodes.false);
    return data;
  }
}

interface JsonStatus {
  readonly name: string;
  readonly version: string;
  readonly chainId: string;
  readonly peerId: string;
  readonly signer?: string;
  readonly producerKeys: readonly string[];
  readonly sealing: NodeStatusData["sealing"];
  readonly uptimeS: number;
  readonly head: { readonly number: string };
  readonly finalized: { readonly number: string; readonly hash: string };
  readonly peers: number;
  readonly consensus: { readonly paused: boolean; readonly faultyWeight: number };
}
