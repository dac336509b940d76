import {
  Args,
  type Ctx,
  checkpointWaitFlag,
  Flags,
  findCheckpointed,
  KomaCommand,
  outFlag,
  type ProvenTrieEntry,
  printEntry,
  proveEntry,
  writeProof,
} from "../../src/cli/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Inclusion } from "../../src/fraud/index.ts";

/** `root` is the block's receiptsRoot. */
export interface ProvenReceipt extends ProvenTrieEntry {
  readonly type: "receipt" | "log";
  readonly log: number | null;
  /** The receipt's bytes. */
  readonly value: string;
  readonly ok: boolean;
  readonly proof: Inclusion["proof"];
  readonly file: string | null;
}

export default class ProofReceipt extends KomaCommand<ProvenReceipt> {
  static override kind = "proof.receipt";
  static override summary = "Prove a transaction's receipt, or one of its logs, under a checkpoint.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> latest --wait",
    "<%= config.bin %> <%= command.id %> latest --wait --out receipt.proof.json --json",
  ];
  static override args = {
    tx: Args.string({
      description: "Hash of the transaction, or latest for the chain's newest.",
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    log: Flags.integer({ summary: "Prove this log of the receipt, from 0.", min: 0, env: "KOMA_PROOF_LOG" }),
    out: outFlag,
    wait: checkpointWaitFlag,
  };

  async execute(ctx: Ctx): Promise<ProvenReceipt> {
    const { args, flags } = await this.parse(ProofReceipt);
    const { encodeReceipt } = await import("../../src/chain/index.ts");
    const { proveBlockInCheckpoint } = await import("../../src/checkpoint/index.ts");
    const { serializeInclusion, verifyInclusion } = await import("../../src/fraud/index.ts");
    const { proveReceipt } = await import("../../src/proofs/index.ts");
    const { bytesToHex } = await import("../../src/primitives/index.ts");
    const { place, archive } = await findCheckpointed(ctx, args.tx, flags.wait);
    const { proof: b, opened, archived } = await proveBlockInCheckpoint(archive, place.block);
    const { checkpoint } = opened;
    const range = { ...checkpoint, checkpoint: checkpoint.number };
    const receipt = archived.receipts[place.index];
    if (flags.log !== undefined && flags.log >= (receipt?.logs.length ?? 0)) {
      throw new UserError("KOMA_E_ARGUMENT_INVALID", `The receipt has no log ${flags.log}.`, {
        facts: { logs: receipt?.logs.length ?? 0 },
        fix: [`koma tx show ${place.hash}`],
      });
    }
    const receiptNodes = proveReceipt(archived.receipts, place.index);
    const common = { b, txIndex: place.index, receiptNodes };
    const inclusion: Inclusion =
      flags.log === undefined
        ? { type: "receipt", proof: common }
        : { type: "log", proof: { ...common, logIndex: flags.log } };
    const data: ProvenReceipt = {
      type: inclusion.type as "receipt" | "log",
      ...proveEntry(place, checkpoint, { root: b.receiptsRoot, path: receiptNodes }),
      log: flags.log ?? null,
      value: receipt ? bytesToHex(encodeReceipt(receipt)) : "0x",
      ok: verifyInclusion(inclusion, range).ok,
      proof: inclusion.proof,
      file: await writeProof(ctx, flags.out, serializeInclusion(inclusion, [range])),
    };
    const headline = `receipt of ${data.tx}${data.log === null ? "" : `, log ${data.log}`}`;
    printEntry(ctx.out, headline, "receipts", data);
    return data;
  }
}
