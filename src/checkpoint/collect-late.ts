import { UserError } from "../errors.ts";
import {
  type Address,
  addressOfKey,
  type Bytes,
  bytesToHex,
  compactSignature,
  recoverAddress,
  type Signature,
  signDigest,
} from "../primitives/index.ts";
import { type CheckpointDomain, checkpointDigest, checkpointHash, digestOfCheckpoint } from "../rootchain/index.ts";
import { buildCheckpoint } from "./build.ts";
import { finalBlocks, type Staker } from "./collect.ts";
import type { PendingCheckpoint } from "./late-attestation.ts";
import type { StakedSeat } from "./proposer.ts";

export interface LateCollection {
  /** Seats that sign, in ascending order. */
  readonly added: readonly { readonly name: string; readonly signer: Address; readonly seat: number }[];
  /** One compact signature for each of them. */
  readonly signatures: readonly Bytes[];
  /** One bit for each of them. */
  readonly bitmap: bigint;
  /** Stakers at hand that do not sign, and why. */
  readonly abstained: readonly { readonly name: string; readonly why: string }[];
}

/** Where and for whom late signatures count. */
export interface LatePlan {
  readonly chainId: bigint;
  readonly domain: CheckpointDomain;
  readonly seats: readonly StakedSeat[];
}

/** A signature for a submitted checkpoint that is not handed in. */
export interface LateSignature {
  readonly name: string;
  readonly signer: Address;
  readonly seat: number;
  /** 65 bytes. */
  readonly signature: Signature;
}

/**
 * Signs a submitted checkpoint with a staker's key, if its own node has these blocks final.
 *
 * @returns the signature, or why there is none
 */
export async function signLate(
  plan: LatePlan,
  pending: PendingCheckpoint,
  staker: Staker,
): Promise<LateSignature | string> {
  const { name, key } = staker;
  const signer = addressOfKey(key);
  const seat = plan.seats.find((candidate) => candidate.signer === signer)?.seat;
  if (seat === undefined) return "has no stake in this epoch";
  const blocks = await finalBlocks(staker, pending);
  if (typeof blocks === "string") return blocks;
  const own = buildCheckpoint({ ...pending, chainId: plan.chainId }, pending, blocks, pending.proposer);
  if (checkpointHash(own) !== pending.structHash) return "its node has other blocks";
  return { name, signer, seat, signature: signDigest(checkpointDigest(own, plan.domain), key) };
}

/** Signs a submitted checkpoint with every key at hand that has not signed it, as far as its own node has its blocks. */
export async function collectLate(
  plan: LatePlan,
  pending: PendingCheckpoint,
  stakers: readonly Staker[],
): Promise<LateCollection> {
  const abstained: { name: string; why: string }[] = [];
  const signed: LateSignature[] = [];
  for (const staker of stakers) {
    const { name } = staker;
    const made = hasSigned(plan, pending, addressOfKey(staker.key))
      ? "signed it before"
      : await signLate(plan, pending, staker);
    if (typeof made === "string") abstained.push({ name, why: made });
    else signed.push(made);
  }
  return packLate(signed, abstained);
}

/**
 * Takes signatures that were made elsewhere.
 *
 * @throws {UserError} KOMA_E_CHECKPOINT_SIGNATURE for one that is by no seat of this epoch
 */
export function collectGiven(
  plan: LatePlan,
  pending: Pick<PendingCheckpoint, "structHash" | "signerBitmap">,
  signatures: readonly Bytes[],
): LateCollection {
  const digest = digestOfCheckpoint(pending.structHash, plan.domain);
  const given = new Map<number, LateSignature>();
  const abstained: { name: string; why: string }[] = [];
  for (const signature of signatures) {
    const signer = recoverAddress(digest, signature);
    const seat = plan.seats.find((candidate) => candidate.signer === signer)?.seat;
    if (!signer || seat === undefined) {
      throw new UserError(
        "KOMA_E_CHECKPOINT_SIGNATURE",
        "A signature is by no active validator, or for another checkpoint.",
        {
          facts: { signature: bytesToHex(signature), ...(signer ? { signer } : {}) },
          fix: ["koma checkpoint sign NUMBER --key VALIDATOR"],
        },
      );
    }
    if (hasSigned(plan, pending, signer)) abstained.push({ name: signer, why: "signed it before" });
    else given.set(seat, { name: signer, signer, seat, signature: signature as Signature });
  }
  return packLate([...given.values()], abstained);
}

function hasSigned(
  plan: LatePlan,
  { signerBitmap }: Pick<PendingCheckpoint, "signerBitmap">,
  signer: Address,
): boolean {
  const seat = plan.seats.find((candidate) => candidate.signer === signer)?.seat;
  return seat !== undefined && ((signerBitmap >> BigInt(seat)) & 1n) === 1n;
}

function packLate(signed: readonly LateSignature[], abstained: LateCollection["abstained"]): LateCollection {
  const ordered = [...signed].sort((a, b) => a.seat - b.seat);
  return {
    added: ordered.map(({ name, signer, seat }) => ({ name, signer, seat })),
    signatures: ordered.map(({ signature }) => compactSignature(signature)),
    bitmap: ordered.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n),
    abstained,
  };
}
