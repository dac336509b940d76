import {
  Args,
  type Ctx,
  consensusOf,
  finalityAt,
  KomaCommand,
  openArchive,
  openRootChain,
  percent,
  resolveTransaction,
  type ThresholdFinality,
  unknownTransaction,
} from "../../src/cli/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { ChainClient, ReceiptView } from "../../src/rpc/index.ts";

export interface ShownTransaction {
  readonly hash: string;
  readonly state: "pending" | "success" | "reverted";
  readonly from: string;
  readonly to: string | null;
  readonly valueWei: string;
  readonly nonce: string;
  readonly type: number;
  readonly input: string;
  readonly gasLimit: string;
  readonly gasUsed: string | null;
  readonly gasPriceWei: string;
  readonly feeWei: string | null;
  readonly block: string | null;
  readonly blockHash: string | null;
  readonly index: number | null;
  readonly contract: string | null;
  readonly logs: ReceiptView["logs"];
  readonly confidence: number | null;
  readonly finality: readonly ThresholdFinality[];
  /** The checkpoint that covers its block. */
  readonly checkpoint: { readonly number: string; readonly state: string } | null;
}

export default class TxShow extends KomaCommand<ShownTransaction> {
  static override kind = "tx.show";
  static override summary = "Show a transaction, how final it is, and the checkpoint that covers it.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest",
    "<%= config.bin %> <%= command.id %> latest --json",
  ];
  static override args = {
    hash: Args.string({
      description: "Hash of the transaction, or latest for the chain's newest.",
      required: true,
      ignoreStdin: true,
    }),
  };

  async execute(ctx: Ctx): Promise<ShownTransaction> {
    const { args } = await this.parse(TxShow);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const chain = await openChainClient(net.rpcUrl());
    const hash = await resolveTransaction(chain, args.hash);
    const found = await chain.rpc.request<JsonTransaction | null>("eth_getTransactionByHash", [hash], ctx.signal);
    if (!found) throw unknownTransaction(hash);
    const receipt = await chain.receipt(hash);
    const shown = { ...describe(found, receipt), ...(await finalityOf(chain, receipt)) };
    const archive = receipt && (await openArchive(net, await openRootChain(net)));
    const checkpoint = receipt && (await archive?.checkpointCovering(receipt.blockNumber));
    const complete: ShownTransaction = {
      ...shown,
      checkpoint: checkpoint ? { number: checkpoint.number.toString(), state: checkpoint.status } : null,
    };
    const { formatAmount } = await import("../../src/primitives/index.ts");
    print(ctx, complete, (wei) => `${formatAmount(BigInt(wei))} KMC`);
    return complete;
  }
}

interface JsonTransaction {
  readonly hash: Hash;
  readonly type: string;
  readonly from: string;
  readonly to: string | null;
  readonly value: string;
  readonly nonce: string;
  readonly gas: string;
  readonly gasPrice: string;
  readonly input: string;
}

function describe(tx: JsonTransaction, receipt: ReceiptView | undefined) {
  return {
    hash: tx.hash,
    state: receipt?.status ?? ("pending" as const),
    from: tx.from,
    to: tx.to,
    valueWei: BigInt(tx.value).toString(),
    nonce: BigInt(tx.nonce).toString(),
    type: Number(tx.type),
    input: tx.input,
    gasLimit: BigInt(tx.gas).toString(),
    gasUsed: receipt?.gasUsed.toString() ?? null,
    gasPriceWei: (receipt?.effectiveGasPrice ?? BigInt(tx.gasPrice)).toString(),
    feeWei: receipt ? (receipt.gasUsed * receipt.effectiveGasPrice).toString() : null,
    block: receipt?.blockNumber.toString() ?? null,
    blockHash: receipt?.blockHash ?? null,
    index: receipt?.transactionIndex ?? null,
    contract: receipt?.contractAddress ?? null,
    logs: receipt?.logs ?? [],
  };
}

async function finalityOf(
  chain: ChainClient,
  receipt: ReceiptView | undefined,
): Promise<Pick<ShownTransaction, "confidence" | "finality">> {
  if (!receipt) return { confidence: null, finality: [] };
  const [confidence, consensus] = await Promise.all([chain.confidence(receipt.blockHash), consensusOf(chain)]);
  return {
    confidence: confidence?.confidence ?? null,
    finality: finalityAt(consensus, receipt.blockNumber),
  };
}

function print({ out }: Ctx, tx: ShownTransaction, kmc: (wei: string) => string): void {
  out.line(`transaction ${tx.hash}`);
  out.line(`  state       ${tx.state}${tx.block === null ? "" : ` in block ${tx.block}, place ${tx.index}`}`);
  out.line(`  from        ${tx.from}`);
  out.line(`  to          ${tx.to ?? `new contract ${tx.contract ?? ""}`.trimEnd()}`);
  out.line(`  value       ${kmc(tx.valueWei)}`);
  out.line(`  nonce       ${tx.nonce}`);
  if (tx.gasUsed !== null) out.line(`  gas         ${tx.gasUsed} of ${tx.gasLimit}, fee ${kmc(tx.feeWei ?? "0")}`);
  if (tx.input !== "0x") out.line(`  data        ${tx.input.length > 140 ? `${tx.input.slice(0, 137)}...` : tx.input}`);
  if (tx.confidence !== null) {
    const passed = tx.finality.filter(({ final }) => final).map(({ threshold }) => percent(threshold));
    const final = passed.length === 0 ? "" : `, final at ${passed.join(" and ")}`;
    out.line(`  confidence  ${percent(tx.confidence)}${final}`);
  }
  if (tx.block !== null) {
    out.line(`  checkpoint  ${tx.checkpoint ? `${tx.checkpoint.number} (${tx.checkpoint.state})` : "not yet"}`);
  }
  for (const [index, log] of tx.logs.entries()) {
    out.line(`  log ${index}  ${log.address}`);
    for (const topic of log.topics) out.line(`         ${topic}`);
    if (log.data !== "0x") out.line(`         data ${log.data}`);
  }
}
