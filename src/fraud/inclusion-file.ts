import { UserError } from "../errors.ts";
import { type Check, type Hash, type Hex, isHash, isHex } from "../primitives/index.ts";
import {
  type BlockProof,
  type CheckpointRange,
  type LogProof,
  type ProofRejection,
  type TxProof,
  verifyBlockProof,
  verifyLogProof,
  verifyReceiptProof,
  verifyTransactionProof,
} from "../proofs/index.ts";

/** Proof that something is in a chain's history, as the root contracts take it. */
export type Inclusion =
  | { readonly type: "block"; readonly proof: BlockProof }
  | { readonly type: "transaction"; readonly proof: TxProof }
  | { readonly type: "receipt"; readonly proof: Omit<LogProof, "logIndex"> }
  | { readonly type: "log"; readonly proof: LogProof };

export type InclusionType = Inclusion["type"];

/** Largest file taken: a receipt of 16 MiB would not fit a block. */
const MAX_FILE = 8 * 1024 * 1024;
const MAX_SIBLINGS = 12;
const MAX_NODES = 64;

export function blockOf(inclusion: Inclusion): BlockProof {
  return inclusion.type === "block" ? inclusion.proof : inclusion.proof.b;
}

/** JSON with every number as a decimal string, readable by `parseInclusion`. */
export function serializeInclusion(inclusion: Inclusion): string {
  const file = { version: 1, type: inclusion.type, proof: inclusion.proof };
  return `${JSON.stringify(file, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}

/** True for a file that claims to be an inclusion proof and not a challenge. */
export function looksLikeInclusion(text: string): boolean {
  try {
    const { type } = JSON.parse(text) as { type?: unknown };
    return ["block", "transaction", "receipt", "log"].includes(type as string);
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
  const { version, type, proof } = record(file, "the file");
  if (version !== 1) throw malformed("its version is not 1");
  const fields = record(proof, "proof");
  switch (type) {
    case "block":
      return { type, proof: readBlock(fields, "proof") };
    case "transaction":
      return { type, proof: { ...readPlace(fields), txNodes: nodes(fields["txNodes"], "proof.txNodes") } };
    case "receipt":
      return {
        type,
        proof: { ...readPlace(fields), receiptNodes: nodes(fields["receiptNodes"], "proof.receiptNodes") },
      };
    case "log":
      return {
        type,
        proof: {
          ...readPlace(fields),
          logIndex: index(fields["logIndex"], "proof.logIndex"),
          receiptNodes: nodes(fields["receiptNodes"], "proof.receiptNodes"),
        },
      };
    default:
      throw malformed("its type is none of block, transaction, receipt, log");
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
  }
}

function readPlace(fields: Readonly<Record<string, unknown>>): { b: BlockProof; txIndex: number } {
  return {
    b: readBlock(record(fields["b"], "proof.b"), "proof.b"),
    txIndex: index(fields["txIndex"], "proof.txIndex"),
  };
}

function readBlock(fields: Readonly<Record<string, unknown>>, path: string): BlockProof {
  const siblings = list(fields["siblings"], `${path}.siblings`, MAX_SIBLINGS);
  return {
    chainId: integer(fields["chainId"], `${path}.chainId`),
    checkpoint: integer(fields["checkpoint"], `${path}.checkpoint`),
    number: integer(fields["number"], `${path}.number`),
    timestamp: integer(fields["timestamp"], `${path}.timestamp`),
    txRoot: hash(fields["txRoot"], `${path}.txRoot`),
    receiptsRoot: hash(fields["receiptsRoot"], `${path}.receiptsRoot`),
    blockHash: hash(fields["blockHash"], `${path}.blockHash`),
    siblings: siblings.map((sibling, place) => hash(sibling, `${path}.siblings[${place}]`)),
  };
}

function nodes(value: unknown, path: string): readonly Hex[] {
  return list(value, path, MAX_NODES).map((node, place) => {
    if (!isHex(node)) throw malformed(`${path}[${place}] is no hex`);
    return node;
  });
}

function list(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most) throw malformed(`${path} is no list of at most ${most}`);
  return value;
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(`${path} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

/** The contracts' integers of 64 bits. */
function integer(value: unknown, path: string): bigint {
  if (typeof value !== "string" || !/^[0-9]{1,20}$/.test(value)) throw malformed(`${path} is no decimal number`);
  return BigInt(value);
}

function index(value: unknown, path: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0xffff_ffff) {
    throw malformed(`${path} is no index`);
  }
  return value as number;
}

function hash(value: unknown, path: string): Hash {
  if (!isHash(value)) throw malformed(`${path} is no hash in lower case`);
  return value;
}

function malformed(what: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_PROOF_MALFORMED", `The proof file is malformed: ${what}.`, {
    fix: ["Write one with: koma proof tx latest --out proof.json"],
    cause,
  });
}
