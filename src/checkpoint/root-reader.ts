import type { CheckpointRecord, Checkpoints } from "../rootchain/index.ts";
import type { SubmittedCheckpoint } from "./archive.ts";
import type { CheckpointReader } from "./network-archive.ts";

/** What the reader asks of the root chain's client. */
export type RootCheckpoints = Pick<Checkpoints, "head" | "checkpoint" | "isFinal">;

/**
 * Reads one chain's checkpoints from the root chain, each once: a reader is for one piece of work, not for watching states
 * change.
 */
export function createCheckpointReader(root: RootCheckpoints, chainId: bigint): CheckpointReader {
  const known = new Map<bigint, SubmittedCheckpoint>();

  async function checkpoint(number: bigint): Promise<SubmittedCheckpoint | undefined> {
    const read = known.get(number);
    if (read) return read;
    const record = await root.checkpoint(chainId, number);
    if (!record) return undefined;
    const described = describeRecord(chainId, record, await root.isFinal(chainId, number));
    known.set(number, described);
    return described;
  }

  return {
    checkpoint,
    async checkpointCovering(block) {
      const head = await root.head(chainId);
      if (block >= head.start) return undefined;
      const number = await findCovering(head.number - 1n, block, checkpoint);
      return number === undefined ? undefined : checkpoint(number);
    },
  };
}

/** @param final  the contract's own word: a checkpoint is final by time, before anybody has written it down */
export function describeRecord(chainId: bigint, record: CheckpointRecord, final: boolean): SubmittedCheckpoint {
  return {
    chainId,
    number: record.number,
    start: record.start,
    end: record.end,
    rootHash: record.rootHash,
    lastBlockHash: record.lastBlockHash,
    submittedAt: BigInt(record.submittedAt),
    challengeEnd: BigInt(record.challengeEnd),
    status: record.status === "rejected" ? "rejected" : final ? "finalized" : "pending",
  };
}

/**
 * Number of the checkpoint whose range holds a block. Ranges ascend without gaps, so halving finds it; one that vanishes
 * meanwhile (a rollback) ends the search without an answer.
 */
export async function findCovering(
  last: bigint,
  block: bigint,
  read: (number: bigint) => Promise<Pick<SubmittedCheckpoint, "start" | "end"> | undefined>,
): Promise<bigint | undefined> {
  let low = 1n;
  let high = last;
  while (low <= high) {
    const middle = (low + high) / 2n;
    const found = await read(middle);
    if (!found) return undefined;
    if (block < found.start) high = middle - 1n;
    else if (block > found.end) low = middle + 1n;
    else return middle;
  }
  return undefined;
}
