import { type Address, type Hash, zeroAddress, zeroHash } from "../primitives/index.ts";
import { type Checkpoint, checkpointHash } from "../rootchain/index.ts";
import type { CheckpointVote } from "./messages.ts";

/** Two votes of one staker that say different things of the same blocks: evidence of kind 20. */
export interface DoubleVote {
  readonly signer: Address;
  readonly first: CheckpointVote;
  readonly second: CheckpointVote;
}

export interface DoubleVoteWatch {
  /** Takes a vote whose signature is checked; answers the contradiction that it makes known. */
  note(signer: Address, vote: CheckpointVote): DoubleVote | undefined;
  /** Contradictions in the order in which they came to light, one of a staker and range. */
  found(): readonly DoubleVote[];
}

/** Ranges of which a staker's vote is remembered. More than lie between a vote and the checkpoint's submission. */
const MAX_RANGES = 64;
/** One convicts; the others only cost the staker more. */
const MAX_PER_SIGNER = 4;

/**
 * Remembers what every staker said of the newest ranges. Who is heard is bounded by the caller: one with a seat.
 *
 * @see KOMA root contracts, 10.21
 */
export function createDoubleVoteWatch(): DoubleVoteWatch {
  const votes = new Map<Address, Map<string, CheckpointVote>>();
  const found = new Map<string, DoubleVote>();

  return {
    note(signer, vote) {
      const { chainId, generation, start, end } = vote.checkpoint;
      const range = `${chainId} ${generation} ${start} ${end}`;
      const theirs = votes.get(signer) ?? new Map<string, CheckpointVote>();
      votes.set(signer, theirs);
      const first = theirs.get(range);
      if (!first) {
        theirs.set(range, vote);
        const [oldest] = theirs.keys();
        if (theirs.size > MAX_RANGES && oldest !== undefined) theirs.delete(oldest);
        return undefined;
      }
      if (contentOf(first.checkpoint) === contentOf(vote.checkpoint)) return undefined;
      const known = [...found.values()].filter((entry) => entry.signer === signer).length;
      if (found.has(`${signer} ${range}`) || known >= MAX_PER_SIGNER) return undefined;
      const contradiction = { signer, first, second: vote };
      found.set(`${signer} ${range}`, contradiction);
      return contradiction;
    },
    found: () => [...found.values()],
  };
}

/**
 * Identity of what a checkpoint says of its blocks: what two votes for one range must not differ in. Proposer, epoch,
 * number and predecessor are left out, as in kind 20 of the fraud proofs: signing the next proposer's checkpoint after a
 * failed round is no contradiction.
 */
export function contentOf(checkpoint: Checkpoint): Hash {
  return checkpointHash({ ...checkpoint, proposer: zeroAddress, epoch: 0n, number: 0n, prevCheckpoint: zeroHash });
}
