import { type Ctx, Flags, KomaCommand, type NetClient, nodeNameOf, shortHex } from "../../src/cli/index.ts";
import type { GraphFormat, UnitGraph } from "../../src/dagscript/index.ts";

export interface ShownUnit {
  readonly hash: string;
  /** Name of the node, or the signer's address. */
  readonly sender: string;
  readonly seq: number;
  readonly time: string;
  /** Start of its creator's round. */
  readonly round: string;
  readonly roundExp: number;
  /** One entry per validator: the latest unit seen, "faulty", or null. */
  readonly citations: readonly (string | null)[];
  readonly block?: { readonly height: number; readonly parent: string | null };
  /** Unit of the block it votes for; null: what the era builds on. */
  readonly vote: string | null;
}

/** Answer of `koma_getUnits`. */
interface UnitsAnswer {
  readonly validators: readonly { readonly signer: string }[];
  readonly units: readonly {
    readonly hash: string;
    readonly creator: number;
    readonly seq: number;
    readonly t: number;
    readonly round: number;
    readonly roundExp: number;
    readonly cites: readonly (string | null)[];
    readonly block: { readonly height: number; readonly parent: string | null } | null;
    readonly vote: string | null;
  }[];
}

export default class ConsensusUnits extends KomaCommand<readonly ShownUnit[]> {
  static override kind = "consensus.units";
  static override summary = "Show the newest units of a node's DAG.";
  static override description =
    `A unit is what a validator signs: whom it has seen, and either a block or a vote. --graph draws who cites whom; citations that
others imply are left out of the picture. With --json the units themselves come, whatever --graph says.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --rounds 2 --graph text",
    "<%= config.bin %> <%= command.id %> --node validator-1 --graph dot | dot -Tsvg > units.svg",
    "<%= config.bin %> <%= command.id %> --sender validator-0 --json",
  ];
  static override flags = {
    node: Flags.string({ summary: "Node to ask; default: the first that is ready.", env: "KOMA_CONSENSUS_NODE" }),
    rounds: Flags.integer({
      summary: "Rounds to go back, at most 64.",
      env: "KOMA_CONSENSUS_ROUNDS",
      default: 2,
      min: 1,
      max: 64,
    }),
    sender: Flags.string({ summary: "Only units of this node or signer.", env: "KOMA_CONSENSUS_SENDER" }),
    graph: Flags.option({
      summary: "Draw the DAG: text, Graphviz dot, or Mermaid.",
      env: "KOMA_CONSENSUS_GRAPH",
      options: ["text", "dot", "mermaid"] as const satisfies readonly GraphFormat[],
    })(),
  };

  async execute(ctx: Ctx): Promise<readonly ShownUnit[]> {
    const { flags } = await this.parse(ConsensusUnits);
    const { createRpcClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const rpc = createRpcClient(net.rpcUrl(flags.node));
    const answer = await rpc.request<UnitsAnswer>("koma_getUnits", [{ rounds: flags.rounds, limit: 1000 }]);
    const names = answer.validators.map(({ signer }) => nodeNameOf(net, signer) ?? signer);
    const wanted = flags.sender === undefined ? undefined : senderOf(net, flags.sender);
    const units = answer.units.map((unit) => shown(unit, names)).filter(({ sender }) => sender === (wanted ?? sender));
    if (flags.graph === undefined) printTable(ctx, units);
    else {
      const { drawGraph } = await import("../../src/dagscript/index.ts");
      ctx.out.line(drawGraph(graphOf(units, names), flags.graph));
    }
    return units;
  }
}

/** The name under which units of a node or a signer are shown. @throws KOMA_E_NODE_NOT_FOUND */
function senderOf(net: NetClient, text: string): string {
  return nodeNameOf(net, text) ?? (text.startsWith("0x") ? text.toLowerCase() : net.node(text).name);
}

function shown(unit: UnitsAnswer["units"][number], names: readonly string[]): ShownUnit {
  const { hash, creator, seq, t, round, roundExp, cites, block, vote } = unit;
  return {
    hash,
    sender: names[creator] ?? String(creator),
    seq,
    time: new Date(t).toISOString(),
    round: new Date(round).toISOString(),
    roundExp,
    citations: cites,
    ...(block ? { block } : {}),
    vote,
  };
}

function printTable({ out }: Ctx, units: readonly ShownUnit[]): void {
  out.table(
    [
      { title: "time" },
      { title: "unit" },
      { title: "sender" },
      { title: "number", align: "right" },
      { title: "seen", align: "right" },
      { title: "" },
    ],
    units.map(({ time, hash, sender, seq, citations, block, vote }) => [
      time.slice(11, 23),
      shortHex(hash),
      sender,
      String(seq),
      `${citations.filter((cited) => cited !== null).length}/${citations.length}`,
      block ? `block ${block.height}` : vote === null ? "" : `votes ${shortHex(vote)}`,
    ]),
  );
}

/** For a picture: units by the first digits of their hashes, as many as tell them apart. */
function graphOf(units: readonly ShownUnit[], names: readonly string[]): UnitGraph {
  const named = [...units.map(({ hash }) => hash), ...units.flatMap(({ vote }) => vote ?? [])];
  let digits = 6;
  while (digits < 64 && new Set(named.map((hash) => hash.slice(2, 2 + digits))).size < new Set(named).size) digits += 2;
  const short = (hash: string) => hash.slice(2, 2 + digits);
  return {
    creators: names.filter((name) => units.some(({ sender }) => sender === name)),
    units: units.map(({ hash, sender, seq, round, citations, block, vote }) => ({
      id: short(hash),
      creator: sender,
      seq,
      round: Date.parse(round),
      cites: citations.flatMap((cited) => (cited === null || cited === "faulty" ? [] : [short(cited)])),
      faulty: citations.flatMap((cited, i) => (cited === "faulty" ? [names[i] as string] : [])),
      block: block && String(block.height),
      vote: vote === null ? undefined : short(vote),
    })),
  };
}
