import { UserError } from "../errors.ts";
import { type Hex, isHex } from "../primitives/index.ts";
import type { Challenge } from "./evidence.ts";
import { fraudKindOf } from "./kinds.ts";
import { type NamedCheckpoint, writeCheckpoints } from "./named-checkpoints.ts";

/** A challenge as a file: reproducible from the chain, verifiable by anyone who reads the root chain. */
export interface ProofFile {
  readonly version: 1;
  readonly kind: number;
  readonly type: string;
  readonly chainId: string;
  readonly checkpoint: string;
  readonly block: string;
  /** Checkpoints that the evidence leads to, for those who check it without a root chain. */
  readonly checkpoints?: readonly Readonly<Record<string, string>>[];
  readonly evidence: Hex;
}

/** Largest evidence taken from a file, bytes: two transactions of 128 KiB with their tries fit twice over. */
const MAX_EVIDENCE_BYTES = 1024 * 1024;

export function serializeChallenge(challenge: Challenge, named: readonly NamedCheckpoint[] = []): string {
  const file: ProofFile = {
    version: 1,
    kind: challenge.kind,
    type: challenge.type,
    chainId: challenge.chainId.toString(),
    checkpoint: challenge.checkpoint.toString(),
    block: challenge.block.toString(),
    ...(named.length === 0 ? {} : { checkpoints: writeCheckpoints(named) }),
    evidence: challenge.evidence,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** @throws {UserError} KOMA_E_PROOF_MALFORMED with what is wrong */
export function parseChallenge(text: string): Challenge {
  let file: Partial<Record<keyof ProofFile, unknown>>;
  try {
    file = JSON.parse(text) as typeof file;
  } catch (cause) {
    throw malformed("it is not JSON", cause);
  }
  if (typeof file !== "object" || file === null) throw malformed("it is not an object");
  if (file.version !== 1) throw malformed("its version is not 1");
  const kind = typeof file.type === "string" ? fraudKindOf(file.type) : undefined;
  if (!kind || kind.type !== file.type || kind.kind !== file.kind)
    throw malformed("its type and kind name no kind of fraud");
  if (!isHex(file.evidence) || file.evidence.length > 2 + 2 * MAX_EVIDENCE_BYTES)
    throw malformed("its evidence is no hex");
  return {
    kind: kind.kind,
    type: kind.type,
    chainId: integer(file.chainId, "chainId"),
    checkpoint: integer(file.checkpoint, "checkpoint"),
    block: integer(file.block, "block"),
    evidence: file.evidence,
  };
}

function integer(value: unknown, name: string): bigint {
  if (typeof value !== "string" || !/^[0-9]{1,20}$/.test(value)) throw malformed(`its ${name} is no decimal number`);
  return BigInt(value);
}

function malformed(what: string, cause?: unknown): UserError {
  return new UserError("KOMA_E_PROOF_MALFORMED", `The proof file is malformed: ${what}.`, {
    fix: ["Write one with: koma proof challenge TYPE --dry-run --out proof.json"],
    cause,
  });
}
