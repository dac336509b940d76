import {
  type Address,
  addressOfKey,
  type Bytes,
  compactSignature,
  type Signature,
  signDigest,
} from "../primitives/index.ts";
import { type CheckpointDomain, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
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

/** Signs a submitted checkpoint with every key at hand that has not signed it, as far as its own node has its blocks. */
export async function collectLate(
  plan: { readonly chainId: bigint; readonly domain: CheckpointDomain; readonly seats: readonly StakedSeat[] },
  pending: PendingCheckpoint,
  stakers: readonly Staker[],
): Promise<LateCollection> {
  const abstained: { name: string; why: string }[] = [];
  const signed: { name: string; signer: Address; seat: number; signature: Bytes }[] = [];
  for (const staker of stakers) {
    const { name } = staker;
    const signer = addressOfKey(staker.key);
    const seat = plan.seats.find((candidate) => candidate.signer === signer)?.seat;
    if (seat === undefined) {
      abstained.push({ name, why: "has no stake in this epoch" });
      continue;
    }
    if ((pending.signerBitmap >> BigInt(seat)) & 1n) {
      abstained.push({ name, why: "signed it before" });
      continue;
    }
    const blocks = await finalBlocks(staker, pending);
    if (typeof blocks === "string") {
      abstained.push({ name, why: blocks });
      continue;
    }
    const own = buildCheckpoint({ ...pending, chainId: plan.chainId }, pending, blocks, pending.proposer);
    if (checkpointHash(own) !== pending.structHash) {
      abstained.push({ name, why: "its node has other blocks" });
      continue;
    }
    const signature = signDigest(checkpointDigest(own, plan.domain), staker.key) as Signature;
    signed.push({ name, signer, seat, signature: compactSignature(signature) });
  }
  signed.sort((a, b) => a.seat - b.seat);
  return {
    added: signed.map(({ name, signer, seat }) => ({ name, signer, seat })),
    signatures: signed.map(({ signature }) => signature),
    bitmap: signed.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n),
    abstained,
  };
}
