import { Args, type Ctx, Flags, KomaCommand, nodeNameOf, percent, shortHex } from "../../src/cli/index.ts";
import type { EraParticipationView } from "../../src/node/era-participation.ts";

export interface ConsensusParticipationData {
  readonly generation: number;
  readonly era: number;
  readonly instance: string;
  /** Heights of the first and the last block whose round is judged; null when the era has but one block. */
  readonly from: number | null;
  readonly to: number | null;
  readonly validators: readonly {
    readonly index: number;
    readonly name: string | null;
    readonly signer: string;
    readonly weight: number;
    /** Rounds that asked it for a unit. */
    readonly assigned: number;
    /** Those in which one came. */
    readonly participated: number;
    /** One letter a round: y it came, n it did not, - nothing was asked. */
    readonly marks: string;
  }[];
}

/** Rounds shown to people; JSON has them all. */
const SHOWN_ROUNDS = 32;

export default class ConsensusParticipation extends KomaCommand<ConsensusParticipationData> {
  static override kind = "consensus.participation";
  static override summary = "Show who took part in the rounds of an era.";
  static override description =
    `What the unit with the era's last block has seen of every round with a block, so every node shows the same. A round asks nothing
of a validator that is proven faulty or makes longer rounds. A node keeps the record of each era that it followed to its end.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> 0 --node validator-1 --json",
  ];
  static override args = {
    era: Args.integer({ description: "Number of an era that has ended; default: the last one.", min: 0 }),
  };
  static override flags = {
    node: Flags.string({ summary: "Node to ask; default: the first that is ready.", env: "KOMA_CONSENSUS_NODE" }),
  };

  async execute(ctx: Ctx): Promise<ConsensusParticipationData> {
    const { args, flags } = await this.parse(ConsensusParticipation);
    const { createRpcClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const asked = args.era === undefined ? [] : [`0x${args.era.toString(16)}`];
    const rpc = createRpcClient(net.rpcUrl(flags.node));
    const view = await rpc.request<EraParticipationView>("koma_getParticipation", asked, ctx.signal);
    const validators = view.validators.map((member) => ({ ...member, name: nodeNameOf(net, member.signer) ?? null }));
    const { out } = ctx;
    out.line(`era ${view.era}, generation ${view.generation}: blocks ${view.from ?? "-"} to ${view.to ?? "-"}`);
    out.table(
      [
        { title: "validator" },
        { title: "asked", align: "right" },
        { title: "came", align: "right" },
        { title: "share", align: "right" },
        { title: `last ${SHOWN_ROUNDS} rounds` },
      ],
      validators.map(({ name, signer, assigned, participated, marks }) => [
        name ?? shortHex(signer),
        String(assigned),
        String(participated),
        assigned === 0 ? "-" : percent(participated / assigned),
        marks.slice(-SHOWN_ROUNDS),
      ]),
    );
    return { ...view, validators };
  }
}
