import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  createTokenAmounts,
  findCheckpointed,
  KomaCommand,
  outFlag,
  writeProof,
} from "../../src/cli/index.ts";
import type { LogProof } from "../../src/proofs/index.ts";

export interface ProvenExit {
  readonly tx: string;
  readonly block: string;
  readonly checkpoint: string;
  readonly account: string;
  readonly recipient: string;
  readonly rootToken: string;
  /** In the token's smallest unit. */
  readonly amountWei: string;
  readonly proof: LogProof;
  /** Call data of WithdrawManager.startExit, for whoever sends it with another tool. */
  readonly calldata: string;
  readonly to: string;
  /** Ether to send along, wei. */
  readonly bondWei: string;
  readonly file: string | null;
}

export default class ProofExit extends KomaCommand<ProvenExit> {
  static override kind = "proof.exit";
  static override summary = "Prove a burn, so that its tokens can leave on the root chain.";
  static override description =
    `Builds what koma bridge exit sends, without sending it. The transaction is one of "koma bridge withdraw".`;
  static override examples = [
    "<%= config.bin %> bridge withdraw --token KMC --amount 1 && <%= config.bin %> <%= command.id %> latest --wait",
    "<%= config.bin %> bridge withdraw --token KMC --amount 1 && <%= config.bin %> <%= command.id %> latest --wait --out exit.proof.json --json",
  ];
  static override args = {
    tx: Args.string({
      description: "Hash of the burn, or latest for the chain's newest transaction.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = { out: outFlag, wait: checkpointWaitFlag };

  async execute(ctx: Ctx): Promise<ProvenExit> {
    const { args, flags } = await this.parse(ProofExit);
    const { claimExit } = await import("../../src/bridge/index.ts");
    const { checkpointsUnder, serializeInclusion } = await import("../../src/fraud/index.ts");
    const { formatAmount } = await import("../../src/primitives/index.ts");
    const { loadArtifacts } = await import("../../src/rootchain/index.ts");
    const { place, archive, root } = await findCheckpointed(ctx, args.tx, flags.wait);
    const { burn, checkpoint, proof } = await claimExit(archive, place);
    const inclusion = { type: "log", proof } as const;
    const named = await checkpointsUnder({ inclusion }, archive.checkpoint);
    const data: ProvenExit = {
      tx: place.hash,
      block: place.block.toString(),
      checkpoint: checkpoint.toString(),
      account: burn.account,
      recipient: burn.recipient,
      rootToken: burn.rootToken,
      amountWei: burn.amount.toString(),
      proof,
      calldata: loadArtifacts().interfaceOf("WithdrawManager").encodeFunctionData("startExit", [proof]),
      to: root.exits.address,
      bondWei: (await root.exits.params()).exitBondWei.toString(),
      file: await writeProof(ctx, flags.out, serializeInclusion(inclusion, named)),
    };
    const { out } = ctx;
    const amount = await createTokenAmounts(await ctx.net(), root).format(data.rootToken, data.amountWei);
    out.line(`burn of ${amount} by ${data.account}`);
    out.line(`  for ${data.recipient}`);
    out.line(`  in block ${data.block}, under checkpoint ${data.checkpoint}`);
    out.line(`  send to ${data.to} with ${formatAmount(BigInt(data.bondWei))} Ether:`);
    out.line(`  ${data.calldata}`);
    return data;
  }
}
