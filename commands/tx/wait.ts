import {
  Args,
  type Ctx,
  Flags,
  formatDuration,
  integerFlag,
  KomaCommand,
  openArchive,
  openRootChain,
  percent,
  ratioFlag,
  resolveTransaction,
  waitFor,
  withLimit,
} from "../../src/cli/index.ts";

export interface WaitedTransaction {
  readonly hash: string;
  readonly block: string;
  /** What was reached: the last of the things asked for. */
  readonly reached: "block" | "confirmations" | "finality" | "checkpoint";
  readonly confidence: number | null;
  readonly checkpoint: string | null;
  readonly tookMs: number;
}

export default class TxWait extends KomaCommand<WaitedTransaction> {
  static override kind = "tx.wait";
  static override summary = "Wait until a transaction is in a block, final, or under a checkpoint.";
  static override description =
    "Without flags it waits for the block. Gives up after two minutes, for a checkpoint after five, unless --timeout says otherwise.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> latest --finality 1/3 --timeout 30s --json",
    "<%= config.bin %> <%= command.id %> latest --checkpoint",
  ];
  static override args = {
    hash: Args.string({
      description: "Hash of the transaction, or latest for the chain's newest.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    finality: ratioFlag({
      summary: "Until that share of the stake would have to cheat to revert it: 1/3, 0.8.",
      env: "KOMA_TX_FINALITY",
    }),
    confirmations: integerFlag({
      summary: "Until that many blocks stand on top of its own.",
      env: "KOMA_TX_CONFIRMATIONS",
    }),
    checkpoint: Flags.boolean({
      summary: "Until a checkpoint on the root chain covers it.",
      env: "KOMA_TX_CHECKPOINT",
    }),
  };

  async execute(ctx: Ctx): Promise<WaitedTransaction> {
    const { args, flags } = await this.parse(TxWait);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const started = performance.now();
    const net = await ctx.net();
    const chain = await openChainClient(net.rpcUrl());
    const hash = await resolveTransaction(chain, args.hash);
    const { finality, confirmations } = flags;
    const receipt = await withLimit(
      ctx,
      { what: "the transaction is where you want it", limitMs: 120_000 },
      (signal) =>
        finality === undefined ? chain.waitForReceipt(hash, signal) : chain.waitForConfidence(hash, finality, signal),
    );
    let block = receipt.blockNumber;
    if (confirmations !== undefined) {
      block = await waitFor(ctx, { what: `${confirmations} blocks are on top`, limitMs: 120_000 }, async () => {
        // The block may change meanwhile: what counts is where the transaction is now.
        const now = await chain.receipt(hash);
        const head = await chain.blockNumber();
        return now && head >= now.blockNumber + confirmations ? now.blockNumber : undefined;
      });
    }
    const archiveOf = async () => openArchive(net, await openRootChain(net));
    const covering = flags.checkpoint
      ? await waitFor(ctx, { what: "a checkpoint covers the transaction", limitMs: 300_000 }, async () => {
          const now = await chain.receipt(hash);
          block = now?.blockNumber ?? block;
          return now && (await (await archiveOf()).checkpointCovering(now.blockNumber));
        })
      : undefined;
    const reached = covering
      ? "checkpoint"
      : finality !== undefined
        ? "finality"
        : confirmations !== undefined
          ? "confirmations"
          : "block";
    const waited: WaitedTransaction = {
      hash,
      block: block.toString(),
      reached,
      confidence: (await chain.confidence(receipt.blockHash))?.confidence ?? null,
      checkpoint: covering?.number.toString() ?? null,
      tookMs: Math.round(performance.now() - started),
    };
    const confidence = waited.confidence === null ? "" : `, confidence ${percent(waited.confidence)}`;
    const checkpoint = covering ? `, under checkpoint ${covering.number}` : "";
    ctx.out.line(`in block ${block}${confidence}${checkpoint}, after ${formatDuration(waited.tookMs)}`);
    return waited;
  }
}
