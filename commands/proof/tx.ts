import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  findCheckpointed,
  KomaCommand,
  outFlag,
  type ProvenTrieEntry,
  printEntry,
  proveEntry,
  writeProof,
} from "../../src/cli/index.ts";
import type { TxProof } from "../../src/proofs/index.ts";

/** `root` is the block's transactionsRoot. */
export interface ProvenTransaction extends ProvenTrieEntry {
  readonly type: "transaction";
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
    const { proveBlockInCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { serializeInclusion, verifyInclusion } = await import("../../src/fraud/index.ts");
    const { createTxProof } = await import("../../src/proofs/index.ts");
    const { bytesToHex } = await import("../../src/primitives/index.ts");
    const { place, archive } = await findCheckpointed(ctx, args.tx, flags.wait);
    const { proof: blockProof, opened, archived } = await proveBlockInCheckpoint(archive, place.block);
    const { checkpoint } = opened;
    const range = { ...checkpoint, checkpoint: checkpoint.number };
    const proof = createTxProof(blockProof, archived.block, place.index);
    const raw = archived.block.transactions[place.index]?.raw ?? new Uint8Array();
    const data: ProvenTransaction = {
      type: "transaction",
      ...proveEntry(place, checkpoint, { root: blockProof.txRoot, path: proof.txNodes }),
      value: bytesToHex(raw),
      ok: verifyInclusion({ type: "transaction", proof }, range).ok,
      proof,
      file: await writeProof(ctx, flags.out, serializeInclusion({ type: "transaction", proof }, [range])),
    };
    printEntry(ctx.out, `transaction ${data.tx}`, "transactions", data);
    return data;
  }
}
