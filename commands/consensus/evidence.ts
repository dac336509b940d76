import { type Ctx, Flags, KomaCommand, nodeNameOf, shortHex } from "../../src/cli/index.ts";

export interface ShownEvidence {
  readonly kind: string;
  /** Name of the node that signed it, or the signer's address. */
  readonly by: string;
  readonly signer: string | null;
  readonly validator: number;
  readonly instance: string;
  readonly generation: number;
  readonly era: number;
  /** Sequence number that was signed twice. */
  readonly seq: number | null;
  readonly units: readonly string[];
  /** Both signed headers in RLP: all that is needed to judge it. */
  readonly bytes: string;
}

/** One entry of `koma_getEvidence`. */
type StoredEvidence = Omit<ShownEvidence, "by" | "signer" | "seq" | "units"> &
  Partial<Pick<ShownEvidence, "signer" | "seq" | "units">>;

export default class ConsensusEvidence extends KomaCommand<readonly ShownEvidence[]> {
  static override kind = "consensus.evidence";
  static override summary = "List the proven faults that a node knows.";
  static override description =
    `Two units of one validator with one sequence number prove that it equivocated: nobody honest signs that, and everybody can check the
two signatures. --json shows the bytes. Evidence is kept for good, also of eras whose units are gone.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --node validator-1 --json",
  ];
  static override flags = {
    node: Flags.string({ summary: "Node to ask; default: the first that is ready.", env: "KOMA_CONSENSUS_NODE" }),
  };

  async execute(ctx: Ctx): Promise<readonly ShownEvidence[]> {
    const { flags } = await this.parse(ConsensusEvidence);
    const { createRpcClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const stored = await createRpcClient(net.rpcUrl(flags.node)).request<readonly StoredEvidence[]>("koma_getEvidence");
    const evidence = stored.map(({ signer = null, seq = null, units = [], ...rest }) => ({
      ...rest,
      by: (signer === null ? null : nodeNameOf(net, signer)) ?? signer ?? `validator ${rest.validator}`,
      signer,
      seq,
      units,
    }));
    const { out } = ctx;
    if (evidence.length === 0) out.line("No fault is proven.");
    else {
      out.table(
        [
          { title: "fault" },
          { title: "by" },
          { title: "era", align: "right" },
          { title: "number", align: "right" },
          { title: "units" },
        ],
        evidence.map(({ kind, by, era, seq, units }) => [
          kind,
          by,
          String(era),
          seq === null ? "" : String(seq),
          units.map(shortHex).join(" "),
        ]),
      );
    }
    return evidence;
  }
}
