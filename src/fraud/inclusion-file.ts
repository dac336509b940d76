import type { Check } from "../primitives/index.ts";
import {
  type AccountInclusion,
  type BlockProof,
  type CheckpointRange,
  type LogProof,
  type ProofRejection,
  type TxProof,
  verifyAccountInclusion,
  verifyBlockProof,
  verifyLogProof,
  verifyReceiptProof,
  verifyTransactionProof,
} from "../proofs/index.ts";
import { readAccountClaims } from "./account-claims.ts";
import { type NamedCheckpoint, writeCheckpoints } from "./named-checkpoints.ts";
import {
  hashField,
  hexField,
  indexField,
  integerField,
  listField,
  malformed,
  nodesField,
  recordField,
} from "./proof-fields.ts";

/** Proof that something is in a chain's history, as the root contracts take it. */
export type Inclusion =
  | { readonly type: "block"; readonly proof: BlockProof }
  | { readonly type: "transaction"; readonly proof: TxProof }
  | { readonly type: "receipt"; readonly proof: Omit<LogProof, "logIndex"> }
  | { readonly type: "log"; readonly proof: LogProof }
  | { readonly type: "account"; readonly proof: AccountInclusion };

export type InclusionType = Inclusion["type"];

/** Largest file taken: a receipt of 16 MiB would not fit a block. */
const MAX_FILE = 8 * 1024 * 1024;
const MAX_SIBLINGS = 12;

export function blockOf(inclusion: Inclusion): BlockProof {
  return inclusion.type === "block" ? inclusion.proof : inclusion.proof.b;
}

/**
 * JSON with every number as a decimal string, readable by `parseInclusion`.
 *
 * @param named  the checkpoint that it leads to, for those who check the file without a root chain
 */
export function serializeInclusion(inclusion: Inclusion, named: readonly NamedCheckpoint[] = []): string {
  const checkpoints = named.length === 0 ? {} : { checkpoints: writeCheckpoints(named) };
  const file = { version: 1, type: inclusion.type, ...checkpoints, proof: inclusion.proof };
  return `${JSON.stringify(file, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}

/** True for a file that claims to be an inclusion proof and not a challenge. */
export function looksLikeInclusion(text: string): boolean {
  try {
    const { type } = JSON.parse(text) as { type?: unknown };
    return ["block", "transaction", "receipt", "log", "account"].includes(type as string);
  } catch {
    return false;
  }
}

/** @throws {UserError} KOMA_E_PROOF_MALFORMED with what is wrong */
export function parseInclusion(text: string): Inclusion {
  if (text.length > MAX_FILE) throw malformed("it is too large");
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw malformed("it is not JSON", cause);
  }
  const { version, type, proof } = recordField(file, "the file");
  if (version !== 1) throw malformed("its version is not 1");
  const fields = recordField(proof, "proof");
  switch (type) {
    case "block":
      return { type, proof: readBlock(fields, "proof") };
    case "transaction":
      return { type, proof: { ...readPlace(fields), txNodes: nodesField(fields["txNodes"], "proof.txNodes") } };
    case "receipt":
      return {
        type,
        proof: { ...readPlace(fields), receiptNodes: nodesField(fields["receiptNodes"], "proof.receiptNodes") },
      };
    case "log":
      return {
        type,
        proof: {
          ...readPlace(fields),
          logIndex: indexField(fields["logIndex"], "proof.logIndex"),
          receiptNodes: nodesField(fields["receiptNodes"], "proof.receiptNodes"),
        },
      };
    case "account":
      return {
        type,
        proof: {
          b: readBlock(recordField(fields["b"], "proof.b"), "proof.b"),
          header: hexField(fields["header"], "proof.header"),
          account: readAccountClaims(recordField(fields["account"], "proof.account"), "proof.account"),
        },
      };
    default:
      throw malformed("its type is none of block, transaction, receipt, log, account");
  }
}

/** Whether the proof leads to the root that stakers signed. */
export function verifyInclusion(inclusion: Inclusion, checkpoint: CheckpointRange): Check<unknown, ProofRejection> {
  switch (inclusion.type) {
    case "block":
      return verifyBlockProof(inclusion.proof, checkpoint);
    case "transaction":
      return verifyTransactionProof(inclusion.proof, checkpoint);
    case "receipt":
      return verifyReceiptProof(inclusion.proof, checkpoint);
    case "log":
      return verifyLogProof(inclusion.proof, checkpoint);
    case "account":
      return verifyAccountInclusion(inclusion.proof, checkpoint);
  }
}

function readPlace(fields: Readonly<Record<string, unknown>>): { b: BlockProof; txIndex: number } {
  return {
    b: readBlock(recordField(fields["b"], "proof.b"), "proof.b"),
    txIndex: indexField(fields["txIndex"], "proof.txIndex"),
  };
}

function readBlock(fields: Readonly<Record<string, unknown>>, path: string): BlockProof {
  const siblings = listField(fields["siblings"], `${path}.siblings`, MAX_SIBLINGS);
  return {
    chainId: integerField(fields["chainId"], `${path}.chainId`),
    checkpoint: integerField(fields["checkpoint"], `${path}.checkpoint`),
    number: integerField(fields["number"], `${path}.number`),
    timestamp: integerField(fields["timestamp"], `${path}.timestamp`),
    txRoot: hashField(fields["txRoot"], `${path}.txRoot`),
    receiptsRoot: hashField(fields["receiptsRoot"], `${path}.receiptsRoot`),
    blockHash: hashField(fields["blockHash"], `${path}.blockHash`),
    siblings: siblings.map((sibling, place) => hashField(sibling, `${path}.siblings[${place}]`)),
  };
}
