import type { RootEvent } from "../rootchain/index.ts";

/** A checkpoint that was once submitted, whatever became of it. */
export interface HistoricCheckpoint {
  readonly number: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly rootHash: string;
  readonly proposer: string;
  /** Wei of KMC. */
  readonly signedPower: bigint;
  /** Seconds. */
  readonly challengeEnd: bigint;
  /** Transaction that submitted it. */
  readonly transaction: string;
  /** False once it, or one before it, was rejected. */
  readonly live: boolean;
  /** Block that made it fall; absent while it is live, and for those that fell with an earlier one. */
  readonly bannedBlock?: string;
}

/**
 * Every checkpoint of a chain that the events tell of, in the order of submission. A rejection takes all later live ones
 * with it, as the contract does: their numbers are given again.
 *
 * @param events  `CheckpointSubmitted` and `CheckpointRejected`, of any chain, in any order
 */
export function checkpointHistory(chainId: bigint, events: readonly RootEvent[]): readonly HistoricCheckpoint[] {
  const history: HistoricCheckpoint[] = [];
  const ordered = [...events].sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  for (const { event, args, transactionHash } of ordered) {
    if (args["chainId"] !== chainId) continue;
    const number = args["number"] as bigint;
    if (event === "CheckpointSubmitted") {
      history.push({
        number,
        start: args["start"] as bigint,
        end: args["end"] as bigint,
        rootHash: args["rootHash"] as string,
        proposer: args["proposer"] as string,
        signedPower: args["signedPower"] as bigint,
        challengeEnd: args["challengeEnd"] as bigint,
        transaction: transactionHash,
        live: true,
      });
    } else if (event === "CheckpointRejected") {
      history.forEach((entry, index) => {
        if (!entry.live || entry.number < number) return;
        const culprit = entry.number === number ? { bannedBlock: args["bannedBlock"] as string } : {};
        history[index] = { ...entry, live: false, ...culprit };
      });
    }
  }
  return history;
}
