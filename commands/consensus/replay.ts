import { join } from "node:path";
import { type Ctx, exitCodes, Flags, KomaCommand, percent } from "../../src/cli/index.ts";
import type { ReplayReport } from "../../src/node/replay-node.ts";
import type { Hash } from "../../src/primitives/index.ts";

export default class ConsensusReplay extends KomaCommand<ReplayReport> {
  static override kind = "consensus.replay";
  static override summary = "Run a node's stored units through fresh consensus and compare what becomes final.";
  static override description =
    `Every unit in the node's consensus.db is judged again, signature included, in the order in which it was stored; what becomes final
has to be what the node has as final. Nothing is written. The node may run meanwhile: its chain.db is locked then, and the node itself
is asked for its blocks. Exit code: 0 they agree, 6 they do not.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --node validator-1 --json",
    "<%= config.bin %> <%= command.id %> --dir ./my-validator",
    "<%= config.bin %> <%= command.id %> --dir ./my-validator --data ./copy-of-its-data",
  ];
  static override flags = {
    node: Flags.string({
      summary: "Node of the running devnet; default: the first.",
      env: "KOMA_CONSENSUS_NODE",
      exclusive: ["dir"],
    }),
    dir: Flags.string({ summary: "Folder of a node, running or not.", env: "KOMA_NODE_DIR", helpValue: "DIR" }),
    data: Flags.string({
      summary: "Folder with a copy of its consensus.db, and of its chain.db if there is one.",
      env: "KOMA_CONSENSUS_DATA",
      helpValue: "DIR",
    }),
  };

  async execute(ctx: Ctx): Promise<ReplayReport> {
    const { flags } = await this.parse(ConsensusReplay);
    const { replayNode } = await import("../../src/node/replay-node.ts");
    const place = flags.dir === undefined ? await devnetNode(ctx, flags.node) : { folder: flags.dir };
    const report = await replayNode({ ...place, ...(flags.data === undefined ? {} : { dataDir: flags.data }) });
    const { out } = ctx;
    if (report.compared === 0)
      out.warn("KOMA_W_NOTHING_COMPARED", "The units are sound, but there was no chain to compare with.");
    print(ctx, report);
    if (!report.ok) ctx.exitWith(exitCodes.false);
    return report;
  }
}

/** A node of the running devnet: its folder, and its blocks over JSON-RPC. */
async function devnetNode(ctx: Ctx, name: string | undefined) {
  const { openChainClient } = await import("../../src/rpc/index.ts");
  const net = await ctx.net();
  const node = name === undefined ? net.manifest.nodes.find(({ rpcUrl }) => rpcUrl === net.rpcUrl()) : net.node(name);
  const chosen = node ?? net.node("");
  const chain = await openChainClient(chosen.rpcUrl);
  return {
    folder: join(net.dir, "nodes", chosen.name),
    chainOf: async (height: number): Promise<Hash | undefined> => (await chain.block(BigInt(height)))?.block.hash,
  };
}

function print({ out }: Ctx, report: ReplayReport): void {
  out.line(
    `${report.name}: ${report.units} units, ${report.compared} final blocks compared with ${report.comparedWith}`,
  );
  for (const { generation, era, units, faulty, finals } of report.instances) {
    out.line(`  generation ${generation}, era ${era}: ${units} units, ${faulty} proven faulty`);
    for (const { threshold, height, hash } of finals)
      out.line(`    final at ${percent(threshold)}: ${height} ${hash ?? ""}`);
  }
  const { firstDiff } = report;
  if (firstDiff === undefined) {
    const verdict = report.compared > 0 ? "the replay agrees with the node" : "every stored unit holds";
    return out.line(`${out.paint("green", "✔")} ${verdict}`);
  }
  const { kind, unit = "", height, problem } = firstDiff;
  const place = height === undefined ? `${kind} ${unit}` : `block ${height} (unit ${unit})`;
  out.line(`${out.paint("red", "✖")} ${place} ${problem}`);
}
