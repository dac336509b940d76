import { type Ctx, KomaCommand } from "../../src/cli/index.ts";

export interface ProofType {
  readonly type: string;
  /** Number of the kind in the root contracts. */
  readonly kind: number;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly interactive: boolean;
  /** Who pays, and in which class of offences. */
  readonly charged: string;
  readonly class: string;
  /** Found by koma proof scan; the others are looked for when they are named. */
  readonly scanned: boolean;
  readonly reward: string;
}

export default class ProofTypes extends KomaCommand<readonly ProofType[]> {
  static override kind = "proof.types";
  static override summary = "List the kinds of fraud that can be proven to the root chain.";
  static override examples = ["<%= config.bin %> <%= command.id %>", "<%= config.bin %> <%= command.id %> --json"];

  async execute(ctx: Ctx): Promise<readonly ProofType[]> {
    await this.parse(ProofTypes);
    const { fraudKinds } = await import("../../src/fraud/index.ts");
    const types = fraudKinds.map(({ kind, type, title, evidence, charged, class: offence, interactive }) => ({
      type,
      kind,
      title,
      evidence,
      interactive: interactive ?? false,
      charged,
      class: offence,
      scanned: !interactive,
      reward: "the bounty share of the slashed stake (StakeManager.params().bountyBps)",
    }));
    ctx.out.table(
      [
        { title: "#", align: "right" },
        { title: "type" },
        { title: "class", optional: true },
        { title: "scanned", optional: true },
        { title: "what" },
      ],
      types.map((entry) => [String(entry.kind), entry.type, entry.class, entry.scanned ? "yes" : "no", entry.title]),
    );
    return types;
  }
}
