import { readTransaction } from "../chain/index.ts";
import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import { BugError, type KomaError, ProtocolError } from "../errors.ts";
import type { Address, Hash } from "../primitives/index.ts";
import { type BlockProof, type CheckpointRange, verifyBlockProof, verifyTransactionProof } from "../proofs/index.ts";
import type { Verdict } from "../rootchain/index.ts";
import { checkContent } from "./check-content.ts";
import { checkGap } from "./check-gap.ts";
import { checkLogs } from "./check-logs.ts";
import { readTwoUnits } from "./consensus-evidence.ts";
import { readTwoSeals } from "./double-seals.ts";
import { readTwoVotes } from "./double-votes.ts";
import type { Challenge } from "./evidence.ts";
import { readEvidence } from "./evidence-shapes.ts";
import { blockOf, type Inclusion, verifyInclusion } from "./inclusion-file.ts";
import { fraudKindOf } from "./kinds.ts";

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

/** What a proof needs to know of a checkpoint. */
export type CheckpointSpan = Pick<SubmittedCheckpoint, "chainId" | "number" | "start" | "end" | "rootHash">;

/** Checkpoints by number, from the root chain. */
export interface CheckpointLookup {
  /** What is said of a checkpoint that is found, default "is on the root chain". */
  readonly place?: string;
  live(number: bigint): Promise<CheckpointSpan | undefined>;
  /** Those that had this number and were rolled back; the number is given again. */
  rolledBack(number: bigint): Promise<readonly Omit<CheckpointRange, "chainId">[]>;
  /** Root token that a contract of the chain stands for. */
  rootTokenOf(child: Address): Promise<Address | undefined>;
  childTokenOf(rootToken: Address): Promise<Address | undefined>;
  /** Hash of a deposit to the chain; undefined when there is none of that id. */
  depositHash(id: bigint): Promise<Hash | undefined>;
}

type Roots = Pick<CheckpointLookup, "place" | "live" | "rolledBack">;

/** Follows an inclusion proof up to the root that the root chain has. */
export async function checkInclusion(inclusion: Inclusion, lookup: Roots): Promise<CheckedFile> {
  const proof = blockOf(inclusion);
  const checkpoint = await lookup.live(proof.checkpoint);
  const name = `checkpoint ${proof.checkpoint} ${lookup.place ?? "is on the root chain"}`;
  const live = { name, ok: checkpoint !== undefined };
  if (!checkpoint || (await isStale(proof, checkpoint, lookup))) {
    return { outcome: "stale", checks: [{ ...live, ok: false, detail: ROLLED_BACK }] };
  }
  const verified = verifyInclusion(inclusion, rangeOf(checkpoint));
  const leads = `the ${inclusion.type} leads to the checkpoint's root`;
  const check = verified.ok ? { name: leads, ok: true } : { name: leads, ok: false, detail: verified.rejection.code };
  return { outcome: verified.ok ? "holds" : "does-not-hold", checks: [live, check] };
}

const ROLLED_BACK = "the checkpoint that it was made for was rolled back";

/** It leads to no root that stands, but to one that stood under the same number. */
async function isStale(proof: BlockProof, checkpoint: CheckpointSpan, lookup: Roots): Promise<boolean> {
  if (verifyBlockProof(proof, rangeOf(checkpoint)).ok) return false;
  const dead = await lookup.rolledBack(proof.checkpoint);
  return dead.some((range) => verifyBlockProof(proof, { ...range, chainId: proof.chainId }).ok);
}

/**
 * Checks a challenge here, as far as its kind can be checked without the root contracts: every proof in it leads to its
 * checkpoint's root, nonces that contradict each other do, and a transaction, receipt or log is as wrong as it is said to be.
 *
 * @param judge also asks the root contracts; their word decides
 */
export async function checkChallenge(
  challenge: Challenge,
  lookup: CheckpointLookup,
  judge?: (kind: number, evidence: Challenge["evidence"]) => Promise<Pick<Verdict, "offenceId">>,
): Promise<CheckedFile> {
  const checks: FileCheck[] = [];
  let stale = false;
  const evidence = readEvidence(challenge);
  const transactions = NONCE_TYPES.has(challenge.type) ? evidence.transactions : [];
  for (const proof of evidence.blocks) {
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
  if (challenge.type === "checkpoint-equivocation") checks.push(...contradictingVotes(challenge));
  if (!stale) checks.push(...(await checkContent(challenge, evidence, lookup)));
  if (!stale) checks.push(...(await checkLogs(challenge, evidence, lookup)));
  if (!stale) checks.push(...(await checkGap(challenge, evidence, lookup)));
  if (judge && !stale) checks.push(await judged(challenge, judge));
  const holds = checks.every(({ ok }) => ok);
  return { outcome: stale ? "stale" : holds ? "holds" : "does-not-hold", checks };
}

function contradictingVotes({ evidence }: Challenge): readonly FileCheck[] {
  const { sameRange, sameContent, range } = readTwoVotes(evidence);
  return [
    { name: "both votes are about the same blocks", ok: sameRange, detail: range },
    { name: "they say different things of them", ok: !sameContent },
  ];
}

/** Kinds that two transactions of one sender show. */
const NONCE_TYPES: ReadonlySet<string> = new Set(["duplicate-nonce", "nonce-mismatch"]);

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
  const seals = readTwoSeals(challenge.evidence);
  if (seals) {
    const [first, second] = seals.sealers;
    return [
      { name: "both headers are of one second", ok: seals.times[0] === seals.times[1], detail: seals.times.join(", ") },
      { name: "they differ", ok: !seals.sameHeader },
      {
        name: "one producer sealed both",
        ok: first !== undefined && first === second,
        detail: first ?? "nobody's seal",
      },
    ];
  }
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
  judge: (kind: number, evidence: Challenge["evidence"]) => Promise<Pick<Verdict, "offenceId">>,
): Promise<FileCheck> {
  const claims = fraudKindOf(challenge.type)?.interactive;
  const name = claims ? "the root contracts take the claim" : "the root contracts convict";
  try {
    const { offenceId } = await judge(challenge.kind, challenge.evidence);
    return { name, ok: true, detail: offenceId };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { name, ok: false, detail: (error as KomaError).message };
  }
}

function rangeOf(checkpoint: CheckpointSpan): CheckpointRange {
  const { chainId, number, start, end, rootHash } = checkpoint;
  if (end < start) throw new BugError(`checkpoint ${number} ends before it begins`);
  return { chainId, checkpoint: number, start, end, rootHash };
}
