import { KomaError } from "../errors.ts";
import { type Address, addressOfKey, type Bytes, exceedsTwoThirds, signDigest } from "../primitives/index.ts";
import { type Checkpoint, type CheckpointDomain, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import type { ArchivedBlock } from "./archive.ts";
import { buildCheckpoint, type CheckpointedBlock, type CheckpointSlot } from "./build.ts";
import type { Interval } from "./interval.ts";
import type { StakedSeat } from "./proposer.ts";
import { type Certificate, createSignatureCollector } from "./signatures.ts";

/** A staker whose signer key this person holds, with the node that the key belongs to. */
export interface Staker {
  readonly name: string;
  readonly key: Bytes;
  /** Newest block that its own node holds for final. */
  finalizedHeight(): Promise<bigint>;
  block(number: bigint): Promise<ArchivedBlock | undefined>;
}

export interface CollectionPlan {
  readonly slot: CheckpointSlot;
  readonly interval: Interval;
  readonly domain: CheckpointDomain;
  readonly seats: readonly StakedSeat[];
  /** Whose turn it is; the first staker that signs takes it when its key is not at hand. */
  readonly scheduled: Address;
}

export interface Collection {
  readonly checkpoint: Checkpoint;
  readonly signers: readonly { readonly name: string; readonly signer: Address; readonly power: bigint }[];
  /** Stakers that did not sign, and why. */
  readonly abstained: readonly { readonly name: string; readonly why: string }[];
  readonly signedPower: bigint;
  readonly totalPower: bigint;
  /** Undefined unless more than two thirds of the power signed. */
  readonly certificate: Certificate | undefined;
}

/**
 * Builds the checkpoint of an interval and signs it with every key at hand. Each key signs only what its own node has
 * final: a key that signed what another node says could contradict its own node's vote, which is slashed.
 *
 * @returns undefined when no staker's node has the blocks
 */
export async function collectCheckpoint(
  plan: CollectionPlan,
  stakers: readonly Staker[],
): Promise<Collection | undefined> {
  const { interval, domain, seats, slot } = plan;
  const abstained: { name: string; why: string }[] = [];
  const ready: { staker: Staker; signer: Address; blocks: readonly CheckpointedBlock[] }[] = [];
  for (const staker of stakers) {
    const signer = addressOfKey(staker.key);
    const blocks = seats.some((seat) => seat.signer === signer)
      ? await finalBlocks(staker, interval)
      : "has no stake in this epoch";
    if (typeof blocks === "string") abstained.push({ name: staker.name, why: blocks });
    else ready.push({ staker, signer, blocks });
  }
  const first = ready.find(({ signer }) => signer === plan.scheduled) ?? ready[0];
  if (!first) return undefined;
  const checkpoint = buildCheckpoint(slot, interval, first.blocks, first.signer);
  const collector = createSignatureCollector(domain);
  const signers: { name: string; signer: Address; power: bigint }[] = [];
  // The proposer's own vote is the proposal, so it comes first.
  for (const { staker, signer, blocks } of [first, ...ready.filter((other) => other !== first)]) {
    const own = buildCheckpoint(slot, interval, blocks, first.signer);
    if (checkpointHash(own) !== checkpointHash(checkpoint)) {
      abstained.push({ name: staker.name, why: "its node has other blocks" });
      continue;
    }
    const seat = collector.add(checkpoint, signDigest(checkpointDigest(checkpoint, domain), staker.key), seats);
    signers.push({ name: staker.name, signer, power: seat?.power ?? 0n });
  }
  return {
    checkpoint,
    signers,
    abstained,
    signedPower: signers.reduce((sum, { power }) => sum + power, 0n),
    totalPower: seats.reduce((sum, { power }) => sum + power, 0n),
    certificate: collector.certificate(checkpointHash(checkpoint), seats),
  };
}

export interface QuorumHeight {
  /** Undefined when those that answer do not hold more than two thirds of the power. */
  readonly height: bigint | undefined;
  /** Power of the stakers whose nodes answer, and of all seats. */
  readonly power: bigint;
  readonly totalPower: bigint;
}

/** Newest block that stakers with more than two thirds of the power hold for final. */
export async function quorumHeight(stakers: readonly Staker[], seats: readonly StakedSeat[]): Promise<QuorumHeight> {
  const totalPower = seats.reduce((sum, { power }) => sum + power, 0n);
  const heights: { readonly height: bigint; readonly power: bigint }[] = [];
  for (const staker of stakers) {
    const power = seats.find(({ signer }) => signer === addressOfKey(staker.key))?.power ?? 0n;
    try {
      if (power > 0n) heights.push({ height: await staker.finalizedHeight(), power });
    } catch (error) {
      if (!(error instanceof KomaError)) throw error;
      // A node that is away has nothing final; the others may be enough.
    }
  }
  heights.sort((a, b) => (a.height === b.height ? 0 : a.height > b.height ? -1 : 1));
  let power = 0n;
  let height: bigint | undefined;
  for (const entry of heights) {
    power += entry.power;
    if (height === undefined && exceedsTwoThirds(power, totalPower)) height = entry.height;
  }
  return { height, power, totalPower };
}

/** The interval's blocks from the staker's own node, or why there are none. */
export async function finalBlocks(staker: Staker, interval: Interval): Promise<readonly CheckpointedBlock[] | string> {
  try {
    const finalized = await staker.finalizedHeight();
    if (finalized < interval.end) return `its node has only block ${finalized} final`;
    const blocks: CheckpointedBlock[] = [];
    for (let number = interval.start; number <= interval.end; number++) {
      const found = await staker.block(number);
      if (!found) return `its node lacks block ${number}`;
      blocks.push(found.block);
    }
    return blocks;
  } catch (error) {
    if (error instanceof KomaError) return `its node does not answer (${error.code})`;
    throw error;
  }
}
