import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  KomaCommand,
  openArchive,
  openRootChain,
  outFlag,
  placeOf,
  waitForCheckpoint,
  writeProof,
} from "../../src/cli/index.ts";
import type { TxProof } from "../../src/proofs/index.ts";

export interface ProvenTransaction {
  readonly type: "transaction";
  readonly tx: string;
  readonly block: string;
  readonly checkpoint: string;
  /** The block's transactionsRoot, which the checkpoint's leaf holds. */
  readonly root: string;
  readonly index: number;
  /** Trie nodes, root first. */
  readonly path: readonly string[];
  /** The transaction's bytes. */
  readonly value: string;
  readonly ok: boolean;
  readonly proof: TxProof;
  readonly file: string | null;
}

export default class ProofTx extends KomaCommand<ProvenTransaction> {
  static override kind = "proof.tx";
  static override summary = "Prove that a transaction is in a block under a checkpoint.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest --wait",
    "<%= config.bin %> <%= command.id %> latest --wait --out tx.proof.json --json",
  ];
  static override args = {
    tx: Args.string({
      description: "Hash of the transaction, or latest for the chain's newest.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = { out: outFlag, wait: checkpointWaitFlag };

  async execute(ctx: Ctx): Promise<ProvenTransaction> {
    const { args, flags } = await this.parse(ProofTx);
    const { openChainClient } = await import("../../src/rpc/index.ts");
    const { proveBlockInCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { serializeInclusion, verifyInclusion } = await import("../../src/fraud/index.ts");
    const { createTxProof } = await import("../../src/proofs/index.ts");
    const { bytesToHex } = await import("../../src/primitives/index.ts");
    const net = await ctx.net();
    const place = await placeOf(await openChainClient(net.rpcUrl()), args.tx);
    const archive = await openArchive(net, await openRootChain(net));
    if (flags.wait) await waitForCheckpoint(ctx, archive, place.block);
    const { proof: blockProof, opened, archived } = await proveBlockInCheckpoint(archive, place.block);
    const { checkpoint } = opened;
    const proof = createTxProof(blockProof, archived.block, place.index);
    const raw = archived.block.transactions[place.index]?.raw ?? new Uint8Array();
    const data: ProvenTransaction = {
      type: "transaction",
      tx: place.hash,
      block: place.block.toString(),
      checkpoint: checkpoint.number.toString(),
      root: blockProof.txRoot,
      index: place.index,
      path: proof.txNodes,
      value: bytesToHex(raw),
      ok: verifyInclusion({ type: "transaction", proof }, { ...checkpoint, checkpoint: checkpoint.number }).ok,
      proof,
      file: await writeProof(ctx, flags.out, serializeInclusion({ type: "transaction", proof })),
    };
    const { out } = ctx;
    out.line(`transaction ${data.tx}`);
    out.line(`  is number ${data.index} of block ${data.block}, under checkpoint ${data.checkpoint}`);
    out.line(`  transactions root ${data.root}`);
    for (const node of data.path) out.line(`  node ${node.length > 100 ? `${node.slice(0, 97)}...` : node}`);
    return data;
  }
}
