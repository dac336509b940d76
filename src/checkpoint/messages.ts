import {
  accept,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  type Check,
  decodeRlp,
  encodeRlp,
  hashToBytes,
  MalformedRlp,
  numberToBytes,
  readAddress,
  readBigint,
  readBytes,
  readHash,
  readList,
  readNumber,
  reject,
} from "../primitives/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";

/** A staker's vote for a checkpoint. The proposer's own vote is the proposal. */
export interface CheckpointVote {
  /** Round in which the checkpoint was proposed, so that receivers can check whose turn it was. */
  readonly round: number;
  readonly checkpoint: Checkpoint;
  /** 65 bytes over the checkpoint's digest, by a staker's signer key. */
  readonly signature: Bytes;
}

export type VoteRejection = { readonly code: "MalformedVote"; readonly reason: string };

const UINT64_BYTES = 8;

export function encodeVote(vote: CheckpointVote): Bytes {
  const c = vote.checkpoint;
  return encodeRlp([
    numberToBytes(vote.round),
    [
      bigintToBytes(c.chainId),
      bigintToBytes(c.epoch),
      bigintToBytes(c.number),
      addressToBytes(c.proposer),
      bigintToBytes(c.start),
      bigintToBytes(c.end),
      hashToBytes(c.rootHash),
      hashToBytes(c.lastBlockHash),
      hashToBytes(c.accountHash),
      hashToBytes(c.prevCheckpoint),
      bigintToBytes(c.generation),
    ],
    vote.signature,
  ]);
}

export function decodeVote(bytes: Bytes): Check<CheckpointVote, VoteRejection> {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return reject({ code: "MalformedVote", reason: decoded.rejection.reason });
  try {
    const fields = readList(decoded.value, 3);
    const c = readList(fields[1], 11);
    return accept({
      round: readNumber(fields[0]),
      checkpoint: {
        chainId: readBigint(c[0], UINT64_BYTES),
        epoch: readBigint(c[1], UINT64_BYTES),
        number: readBigint(c[2], UINT64_BYTES),
        proposer: readAddress(c[3]),
        start: readBigint(c[4], UINT64_BYTES),
        end: readBigint(c[5], UINT64_BYTES),
        rootHash: readHash(c[6]),
        lastBlockHash: readHash(c[7]),
        accountHash: readHash(c[8]),
        prevCheckpoint: readHash(c[9]),
        generation: readBigint(c[10], UINT64_BYTES),
      },
      signature: readBytes(fields[2], 65),
    });
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "MalformedVote", reason: error.message });
    throw error;
  }
}
