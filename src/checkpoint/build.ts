import type { BlockHeader } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { type Address, type Hash, zeroHash } from "../primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../proofs/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";
import type { Interval } from "./interval.ts";

/** A final block as a checkpoint commits to it. */
export interface CheckpointedBlock {
  readonly hash: Hash;
  readonly header: BlockHeader;
}

/** What the root contract says of the chain's next checkpoint. */
export interface CheckpointSlot {
  readonly chainId: bigint;
  readonly number: bigint;
  readonly epoch: bigint;
  readonly generation: bigint;
  readonly prevCheckpoint: Hash;
}

/**
 * The checkpoint over `blocks`, which are exactly those of `interval`, in order. Every honest staker computes the same
 * one from its own final blocks; only `proposer` and `epoch` depend on whose turn it is.
 */
export function buildCheckpoint(
  slot: CheckpointSlot,
  interval: Interval,
  blocks: readonly CheckpointedBlock[],
  proposer: Address,
): Checkpoint {
  const last = blocks.at(-1);
  if (!last || BigInt(blocks.length) !== interval.end - interval.start + 1n) {
    throw new BugError(
      `checkpoint ${slot.number} wants blocks ${interval.start}-${interval.end}, got ${blocks.length}`,
    );
  }
  const tree = createBlockTree(blocks.map(blockLeafOf));
  return {
    chainId: slot.chainId,
    epoch: slot.epoch,
    number: slot.number,
    proposer,
    start: interval.start,
    end: interval.end,
    rootHash: tree.root,
    lastBlockHash: last.hash,
    // No typed leaf is registered for this chain; state proofs will put theirs here.
    accountHash: zeroHash,
    prevCheckpoint: slot.prevCheckpoint,
    generation: slot.generation,
  };
}
