import {
  type ConsensusView,
  type Ctx,
  committeePlace,
  consensusOf,
  Flags,
  KomaCommand,
  percent,
} from "../../src/cli/index.ts";

export interface ConsensusStatusData {
  readonly node: string;
  readonly generation: number;
  readonly era: number;
  /** Id of the instance that the era runs in. */
  readonly instance: string;
  /** Height of the block that the era builds upon. */
  readonly keyBlock: number;
  readonly round: string | null;
  readonly leader: string | null;
  readonly leaderName: string | null;
  readonly paused: boolean;
  readonly synced: boolean;
  /** The node's database is younger than the era, so it may not know what it signed: it signs nothing before the next one. */
  readonly observing: boolean;
  readonly units: number;
  readonly pendingUnits: number;
  readonly onlineWeight: number;
  readonly faultyWeight: number;
  readonly totalWeight: number;
  readonly finality: readonly {
    readonly threshold: number;
    readonly height: string;
    readonly hash: string | null;
    readonly violated: boolean;
  }[];
  readonly validators: readonly {
    readonly index: number;
    readonly name: string | null;
    readonly signer: string;
    readonly weight: number;
    /** Leads slots in this era. */
    readonly producer: boolean;
    /** Was a producer in the genesis and is none now: the root chain ejected it, or names others. */
    readonly ejected: boolean;
    readonly online: boolean;
    readonly faulty: boolean;
  }[];
  /** Least number of blocks of an era. */
  readonly eraBlocks: number;
  /** Committee of the next era; fixed since this one began. */
  readonly following: readonly {
    readonly name: string | null;
    readonly signer: string;
    readonly weight: number;
    readonly producer: boolean;
    /** Not in the committee of this era. */
    readonly joining: boolean;
  }[];
}

export default class ConsensusStatus extends KomaCommand<ConsensusStatusData> {
  static override kind = "consensus.status";
  static override summary = "Show what KoMaBFT is doing on a node.";
  static override description =
    `Era, round, leader, who is online, and up to which block the chain is final at each threshold the node watches; and who comes and
goes with the next era, as the root chain's stakes and elections say.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --node validator-1 --json",
  ];
  static override flags = {
    node: Flags.string({ summary: "Node to ask; default: the first that is ready.", env: "KOMA_CONSENSUS_NODE" }),
  };

  async execute(ctx: Ctx): Promise<ConsensusStatusData> {
    const { flags } = await this.parse(ConsensusStatus);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const url = net.rpcUrl(flags.node);
    const chain = await openChainClient(url);
    const view = await consensusOf(chain);
    const nameOf = (signer: string | null): string | null =>
      net.manifest.nodes.find((node) => node.signer.toLowerCase() === signer)?.name ?? null;
    const status: ConsensusStatusData = {
      node: net.manifest.nodes.find(({ rpcUrl }) => rpcUrl === url)?.name ?? url,
      generation: view.generation,
      era: view.era,
      instance: view.instance,
      keyBlock: view.keyBlock,
      round: view.round === null ? null : new Date(view.round).toISOString(),
      leader: view.leader ?? null,
      leaderName: nameOf(view.leader ?? null),
      paused: view.paused,
      synced: view.synced,
      observing: view.observing,
      units: view.units,
      pendingUnits: view.pendingUnits,
      onlineWeight: view.onlineWeight,
      faultyWeight: view.faultyWeight,
      totalWeight: view.totalWeight,
      finality: await Promise.all(
        view.finality.map(async ({ fraction, height, violated }) => ({
          threshold: fraction,
          height: BigInt(height).toString(),
          hash: (await chain.block(BigInt(height)))?.block.hash ?? null,
          violated,
        })),
      ),
      validators: view.validators.map(({ index, signer, weight, producer, ejected, online, faulty }) => {
        return { index, name: nameOf(signer), signer, weight, producer, ejected, online, faulty };
      }),
      eraBlocks: view.eraBlocks,
      following: view.following.map(({ signer, weight, producer }) => {
        return { name: nameOf(signer), signer, weight, producer, joining: committeePlace(view, signer) === "joining" };
      }),
    };
    print(ctx, status, view);
    return status;
  }
}

function print({ out }: Ctx, status: ConsensusStatusData, view: ConsensusView): void {
  const share = (weight: number) => percent(weight / view.totalWeight);
  const flags = [
    status.paused && "paused: too few are online",
    !status.synced && "catching up",
    status.observing && "signs nothing before the next era: its database is younger than this one",
  ].filter(Boolean);
  out.line(`${status.node}: era ${status.era}, generation ${status.generation}, round of ${status.round ?? "?"}`);
  out.line(`  era     on block ${status.keyBlock}, instance ${status.instance}`);
  if (flags.length > 0) out.line(`  ${flags.join(", ")}`);
  out.line(`  leader  ${status.leaderName ?? status.leader ?? "nobody"}`);
  out.line(`  online  ${share(status.onlineWeight)} of the stake, proven faulty ${share(status.faultyWeight)}`);
  out.line(`  units   ${status.units}, waiting for others ${status.pendingUnits}`);
  out.line();
  out.table(
    [{ title: "threshold", align: "right" }, { title: "final up to", align: "right" }, { title: "block" }],
    status.finality.map(({ threshold, height, hash, violated }) => [
      percent(threshold),
      height,
      violated ? "violated: more stake cheats than it allows" : (hash ?? ""),
    ]),
  );
  out.line();
  out.table(
    [{ title: "validator" }, { title: "signer" }, { title: "stake", align: "right" }, { title: "state" }],
    status.validators.map(({ name, signer, weight, producer, ejected, online, faulty, index }) => [
      name ?? String(index),
      signer,
      share(weight),
      [
        producer && "producer",
        committeePlace(view, signer) === "leaving" && "leaves with the next era",
        ejected && "no producer any more",
        faulty ? "faulty" : online ? "online" : "silent",
      ]
        .filter(Boolean)
        .join(", "),
    ]),
  );
  const joining = status.following.filter((member) => member.joining);
  if (joining.length === 0) return;
  out.line();
  const total = status.following.reduce((sum, { weight }) => sum + weight, 0);
  for (const { name, signer, weight } of joining) {
    out.line(`era ${status.era + 1}: ${name ?? signer} comes in, with ${percent(weight / total)} of the stake`);
  }
}
