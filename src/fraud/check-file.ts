import { AbiCoder } from "ethers";
import { readTransaction } from "../chain/index.ts";
import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import { BugError, type KomaError, ProtocolError } from "../errors.ts";
import {
  type BlockProof,
  type CheckpointRange,
  type TxProof,
  verifyBlockProof,
  verifyTransactionProof,
} from "../proofs/index.ts";
import type { Verdict } from "../rootchain/index.ts";
import { readTwoUnits } from "./consensus-evidence.ts";
import { BLOCK_PROOF, type Challenge, TX_PROOF } from "./evidence.ts";
import { blockOf, type Inclusion, verifyInclusion } from "./inclusion-file.ts";

/** `stale`: the checkpoint it speaks of is gone, so that it may be right but leads nowhere. */
export type FileOutcome = "holds" | "does-not-hold" | "stale";

export interface FileCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface CheckedFile {
  readonly outcome: FileOutcome;
  readonly checks: readonly FileCheck[];
}

/** Checkpoints by number, from the root chain. */
export interface CheckpointLookup {
  live(number: bigint): Promise<SubmittedCheckpoint | undefined>;
  /** Those that had this number and were rolled back; the number is given again. */
  rolledBack(number: bigint): Promise<readonly Omit<CheckpointRange, "chainId">[]>;
}

/** Follows an inclusion proof up to the root that the root chain has. */
export async function checkInclusion(inclusion: Inclusion, lookup: CheckpointLookup): Promise<CheckedFile> {
  const proof = blockOf(inclusion);
  const checkpoint = await lookup.live(proof.checkpoint);
  const live = { name: `checkpoint ${proof.checkpoint} is on the root chain`, ok: checkpoint !== undefined };
  if (!checkpoint || (await isStale(proof, checkpoint, lookup))) {
    return { outcome: "stale", checks: [{ ...live, ok: false, detail: ROLLED_BACK }] };
  }
  const verified = verifyInclusion(inclusion, rangeOf(checkpoint));
  const name = `the ${inclusion.type} leads to the checkpoint's root`;
  const check = verified.ok ? { name, ok: true } : { name, ok: false, detail: verified.rejection.code };
  return { outcome: verified.ok ? "holds" : "does-not-hold", checks: [live, check] };
}

const ROLLED_BACK = "the checkpoint that it was made for was rolled back";

/** It leads to no root that stands, but to one that stood under the same number. */
async function isStale(proof: BlockProof, checkpoint: SubmittedCheckpoint, lookup: CheckpointLookup): Promise<boolean> {
  if (verifyBlockProof(proof, rangeOf(checkpoint)).ok) return false;
  const dead = await lookup.rolledBack(proof.checkpoint);
  return dead.some((range) => verifyBlockProof(proof, { ...range, chainId: proof.chainId }).ok);
}

/**
 * Checks a challenge here, as far as its kind can be checked without the root contracts: every proof in it leads to its
 * checkpoint's root, and nonces that contradict each other do.
 *
 * @param judge also asks the root contracts; their word decides
 */
export async function checkChallenge(
  challenge: Challenge,
  lookup: CheckpointLookup,
  judge?: (kind: number, evidence: Challenge["evidence"]) => Promise<Verdict>,
): Promise<CheckedFile> {
  const checks: FileCheck[] = [];
  let stale = false;
  const { blocks, transactions } = readEvidence(challenge);
  for (const proof of [...blocks, ...transactions.map(({ b }) => b)]) {
    const checkpoint = await lookup.live(proof.checkpoint);
    const name = `block ${proof.number} leads to checkpoint ${proof.checkpoint}`;
    if (!checkpoint || (await isStale(proof, checkpoint, lookup))) {
      stale = true;
      checks.push({ name, ok: false, detail: ROLLED_BACK });
      continue;
    }
    const verified = verifyBlockProof(proof, rangeOf(checkpoint));
    checks.push(verified.ok ? { name, ok: true } : { name, ok: false, detail: verified.rejection.code });
  }
  const nonces: { readonly sender: string; readonly nonce: bigint }[] = [];
  for (const proof of transactions) {
    const checkpoint = stale ? undefined : await lookup.live(proof.b.checkpoint);
    if (!checkpoint) continue;
    const name = `transaction ${proof.txIndex} of block ${proof.b.number} is in its block`;
    const raw = verifyTransactionProof(proof, rangeOf(checkpoint));
    const transaction = raw.ok ? readTransaction(raw.value, proof.b.chainId) : raw;
    checks.push(transaction.ok ? { name, ok: true } : { name, ok: false, detail: transaction.rejection.code });
    if (transaction.ok) nonces.push(transaction.value);
  }
  const [first, second] = nonces;
  if (first && second) checks.push(contradiction(challenge, first, second));
  if (challenge.type === "consensus-equivocation") checks.push(...contradictingUnits(challenge));
  if (judge && !stale) checks.push(await judged(challenge, judge));
  const holds = checks.every(({ ok }) => ok);
  return { outcome: stale ? "stale" : holds ? "holds" : "does-not-hold", checks };
}

type SignedNonce = { readonly sender: string; readonly nonce: bigint };

function contradiction(challenge: Challenge, first: SignedNonce, second: SignedNonce): FileCheck {
  const same = challenge.type === "duplicate-nonce";
  const wrong = same ? first.nonce === second.nonce : second.nonce <= first.nonce;
  return {
    name: same ? "both are by one sender with one nonce" : "the later one's nonce is not greater",
    ok: first.sender === second.sender && wrong,
    detail: `${first.sender} ${first.nonce}, ${second.sender} ${second.nonce}`,
  };
}

function contradictingUnits(challenge: Challenge): readonly FileCheck[] {
  const units = readTwoUnits(challenge.evidence);
  if (!units) return [];
  const [first, second] = units.signers;
  return [
    { name: "both units have one number", ok: units.seqs[0] === units.seqs[1], detail: units.seqs.join(", ") },
    { name: "they differ", ok: !units.sameUnit },
    { name: "one key signed both", ok: first !== undefined && first === second, detail: first ?? "nobody's signature" },
  ];
}

async function judged(
  challenge: Challenge,
  judge: (kind: number, evidence: Challenge["evidence"]) => Promise<Verdict>,
): Promise<FileCheck> {
  const name = "the root contracts convict";
  try {
    const { offenceId } = await judge(challenge.kind, challenge.evidence);
    return { name, ok: true, detail: offenceId };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { name, ok: false, detail: (error as KomaError).message };
  }
}

/** The proofs inside the evidence of the kinds that can be scanned for. */
function readEvidence(challenge: Challenge): {
  readonly blocks: readonly BlockProof[];
  readonly transactions: readonly TxProof[];
} {
  const shapes: Readonly<Record<string, readonly string[]>> = {
    "block-sequence": [BLOCK_PROOF, BLOCK_PROOF, "bytes"],
    "block-leaf": [BLOCK_PROOF, "uint64", "bytes"],
    "block-producer": [BLOCK_PROOF, "bytes", "bytes", BLOCK_PROOF],
    "banned-block": [BLOCK_PROOF],
    "duplicate-nonce": [TX_PROOF, TX_PROOF, "bytes"],
    "nonce-mismatch": [TX_PROOF, TX_PROOF, "bytes"],
  };
  const shape = shapes[challenge.type];
  if (!shape) return { blocks: [], transactions: [] };
  let decoded: ReturnType<AbiCoder["decode"]>;
  try {
    decoded = AbiCoder.defaultAbiCoder().decode([...shape], challenge.evidence);
    // The decoder is lazy: what is malformed shows when it is read.
    decoded.toArray(true);
  } catch (cause) {
    throw new ProtocolError("KOMA_E_PROOF_MALFORMED", "The evidence is not encoded as its kind asks.", {
      facts: { type: challenge.type },
      cause,
    });
  }
  const at = (type: string) => shape.flatMap((each, index) => (each === type ? [decoded[index] as Struct] : []));
  return { blocks: at(BLOCK_PROOF).map(blockProofOf), transactions: at(TX_PROOF).map(txProofOf) };
}

type Struct = Readonly<Record<string, unknown>>;

function blockProofOf(value: Struct): BlockProof {
  return {
    chainId: value["chainId"],
    checkpoint: value["checkpoint"],
    number: value["number"],
    timestamp: value["timestamp"],
    txRoot: value["txRoot"],
    receiptsRoot: value["receiptsRoot"],
    blockHash: value["blockHash"],
    siblings: [...(value["siblings"] as Iterable<unknown>)],
  } as BlockProof;
}

function txProofOf(value: Struct): TxProof {
  return {
    b: blockProofOf(value["b"] as Struct),
    txIndex: Number(value["txIndex"]),
    txNodes: [...(value["txNodes"] as Iterable<unknown>)],
  } as TxProof;
}

function rangeOf(checkpoint: SubmittedCheckpoint): CheckpointRange {
  const { chainId, number, start, end, rootHash } = checkpoint;
  if (end < start) throw new BugError(`checkpoint ${number} ends before it begins`);
  return { chainId, checkpoint: number, start, end, rootHash };
}
