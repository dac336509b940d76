import {
  Args,
  type ConsensusView,
  type Ctx,
  consensusOf,
  Flags,
  finalityAt,
  KomaCommand,
  percent,
  resolveBlock,
  type ThresholdFinality,
} from "../../src/cli/index.ts";
import type { Hash } from "../../src/primitives/index.ts";
import type { ChainClient } from "../../src/rpc/index.ts";

export interface ShownBlock {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly producer: string;
  readonly timestamp: string;
  readonly gasUsed: string;
  readonly gasLimit: string;
  readonly baseFeeWei: string;
  readonly txCount: number;
  readonly txs: readonly unknown[];
  readonly roots: { readonly state: string; readonly transactions: string; readonly receipts: string };
  readonly confidence: number | null;
  readonly finality: readonly ThresholdFinality[];
  readonly rlp?: string;
}

export default class BlockShow extends KomaCommand<ShownBlock> {
  static override kind = "block.show";
  static override summary = "Show a block.";
  static override description =
    "Number, hash, producer, roots, and how final it is. --txs lists whole transactions, --rlp the block's own bytes.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> finalized --json",
    "<%= config.bin %> <%= command.id %> 1 --txs",
  ];
  static override args = {
    block: Args.string({
      description: "Number, hash, latest, safe, finalized or earliest.",
      default: "latest",
      ignoreStdin: true,
    }),
  };
  static override flags = {
    txs: Flags.boolean({ summary: "Show the transactions, not only their hashes.", env: "KOMA_BLOCK_TXS" }),
    rlp: Flags.boolean({ summary: "Add the block's RLP bytes as hex.", env: "KOMA_BLOCK_RLP" }),
  };

  async execute(ctx: Ctx): Promise<ShownBlock> {
    const { args, flags } = await this.parse(BlockShow);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const net = await ctx.net();
    const chain = await openChainClient(net.rpcUrl());
    const { hash } = await resolveBlock(chain, args.block);
    const found = await chain.rpc.request<JsonBlock>("eth_getBlockByHash", [hash, flags.txs], ctx.signal);
    const shown = await describe(chain, found, flags.rlp);
    const { formatAmount } = await import("../../src/primitives/index.ts");
    print(ctx, shown, (wei) => `${formatAmount(wei)} KMC`);
    return shown;
  }
}

interface JsonBlock {
  readonly number: string;
  readonly hash: Hash;
  readonly parentHash: string;
  readonly miner: string;
  readonly timestamp: string;
  readonly gasUsed: string;
  readonly gasLimit: string;
  readonly baseFeePerGas: string;
  readonly transactions: readonly unknown[];
  readonly stateRoot: string;
  readonly transactionsRoot: string;
  readonly receiptsRoot: string;
}

async function describe(chain: ChainClient, found: JsonBlock, withRlp: boolean): Promise<ShownBlock> {
  const { hash } = found;
  const [confidence, consensus, rlp] = await Promise.all([
    chain.confidence(hash),
    consensusOf(chain),
    withRlp ? chain.rpc.request<string>("debug_getRawBlock", [hash]) : undefined,
  ]);
  return {
    number: BigInt(found.number).toString(),
    hash,
    parentHash: found.parentHash,
    producer: found.miner,
    timestamp: new Date(Number(found.timestamp) * 1000).toISOString(),
    gasUsed: BigInt(found.gasUsed).toString(),
    gasLimit: BigInt(found.gasLimit).toString(),
    baseFeeWei: BigInt(found.baseFeePerGas).toString(),
    txCount: found.transactions.length,
    txs: found.transactions,
    roots: { state: found.stateRoot, transactions: found.transactionsRoot, receipts: found.receiptsRoot },
    confidence: confidence?.confidence ?? null,
    finality: finalityOf(consensus, BigInt(found.number), confidence?.confidence),
    ...(rlp === undefined ? {} : { rlp }),
  };
}

/** A block beside the branch that is becoming final passes no threshold, whatever its height. */
function finalityOf(view: ConsensusView, height: bigint, confidence: number | undefined): readonly ThresholdFinality[] {
  return finalityAt(view, height).map(({ threshold, final }) => ({
    threshold,
    final: final && (confidence ?? 0) > 0,
  }));
}

function print({ out }: Ctx, block: ShownBlock, kmc: (wei: bigint) => string): void {
  out.line(`block ${block.number}  ${block.hash}`);
  out.line(`  parent       ${block.parentHash}`);
  out.line(`  time         ${block.timestamp}`);
  out.line(`  producer     ${block.producer}`);
  out.line(`  gas          ${block.gasUsed} of ${block.gasLimit}`);
  out.line(`  state root   ${block.roots.state}`);
  out.line(`  tx root      ${block.roots.transactions}`);
  out.line(`  receipt root ${block.roots.receipts}`);
  const passed = block.finality.filter(({ final }) => final).map(({ threshold }) => percent(threshold));
  const final = passed.length === 0 ? "" : `, final at ${passed.join(" and ")}`;
  out.line(`  confidence   ${block.confidence === null ? "unknown" : percent(block.confidence)}${final}`);
  out.line(`  transactions ${block.txCount}`);
  for (const tx of block.txs) out.line(`    ${typeof tx === "string" ? tx : describeTransaction(tx, kmc)}`);
  if (block.rlp !== undefined) out.line(`  rlp ${block.rlp}`);
}

function describeTransaction(tx: unknown, kmc: (wei: bigint) => string): string {
  const { hash, from, to, value } = tx as Record<string, string | null>;
  return `${hash}  ${from} -> ${to ?? "new contract"}  ${kmc(BigInt(value ?? 0))}`;
}
