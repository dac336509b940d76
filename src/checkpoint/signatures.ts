import {
  type Address,
  type Bytes,
  compactSignature,
  concatBytes,
  exceedsTwoThirds,
  type Hash,
  recoverAddress,
  type Signature,
} from "../primitives/index.ts";
import { type Checkpoint, type CheckpointDomain, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import type { StakedSeat } from "./proposer.ts";

/** Signatures for one checkpoint, as `submitCheckpoint` takes them. */
export interface Certificate {
  readonly checkpoint: Checkpoint;
  /** One bit per seat whose signature is in `signatures`. */
  readonly bitmap: bigint;
  /** 64-byte EIP-2098 signatures in ascending order of seats. */
  readonly signatures: Bytes;
  readonly signedPower: bigint;
  readonly totalPower: bigint;
}

export interface SignatureCollector {
  /**
   * Adds a vote; answers the signer's seat. Undefined when no seated signer made the signature, or when the proposer
   * itself has not voted for it yet: its vote is the proposal.
   */
  add(checkpoint: Checkpoint, signature: Bytes, seats: readonly StakedSeat[]): StakedSeat | undefined;
  /** The certificate once more than two thirds of the power signed, else undefined. */
  certificate(checkpoint: Hash, seats: readonly StakedSeat[]): Certificate | undefined;
  /** Signers heard for a checkpoint. */
  signers(checkpoint: Hash): readonly Address[];
  /** Forgets everything up to a number of the current generation, and all of other generations. */
  prune(upTo: bigint, generation: bigint): void;
}

interface Ballot {
  readonly checkpoint: Checkpoint;
  readonly signatures: Map<Address, Signature>;
}

/** How many different checkpoints of one proposer are kept at once; more are dropped, oldest first. */
const MAX_BALLOTS = 4;

export function createSignatureCollector(domain: CheckpointDomain): SignatureCollector {
  const ballots = new Map<Hash, Ballot>();

  function dropOldest(proposer: Address): void {
    const theirs = [...ballots].filter(([, { checkpoint }]) => checkpoint.proposer === proposer);
    for (const [hash] of theirs.slice(0, -MAX_BALLOTS)) ballots.delete(hash);
  }

  return {
    add(checkpoint, signature, seats) {
      const signer = recoverAddress(checkpointDigest(checkpoint, domain), signature);
      const seat = seats.find((candidate) => candidate.signer === signer);
      if (!signer || !seat) return undefined;
      const hash = checkpointHash(checkpoint);
      let ballot = ballots.get(hash);
      if (!ballot) {
        if (signer !== checkpoint.proposer) return undefined;
        ballot = { checkpoint, signatures: new Map() };
        ballots.set(hash, ballot);
        dropOldest(checkpoint.proposer);
      }
      ballot.signatures.set(signer, signature as Signature);
      return seat;
    },

    certificate(hash, seats) {
      const ballot = ballots.get(hash);
      if (!ballot) return undefined;
      const totalPower = seats.reduce((sum, seat) => sum + seat.power, 0n);
      const signed = [...seats].sort((a, b) => a.seat - b.seat).filter((seat) => ballot.signatures.has(seat.signer));
      const signedPower = signed.reduce((sum, seat) => sum + seat.power, 0n);
      if (!exceedsTwoThirds(signedPower, totalPower)) return undefined;
      return {
        checkpoint: ballot.checkpoint,
        bitmap: signed.reduce((bits, seat) => bits | (1n << BigInt(seat.seat)), 0n),
        signatures: concatBytes(
          ...signed.map((seat) => compactSignature(ballot.signatures.get(seat.signer) as Signature)),
        ),
        signedPower,
        totalPower,
      };
    },

    signers(hash) {
      return [...(ballots.get(hash)?.signatures.keys() ?? [])];
    },

    prune(upTo, generation) {
      for (const [hash, { checkpoint }] of ballots) {
        if (checkpoint.number <= upTo || checkpoint.generation !== generation) ballots.delete(hash);
      }
    },
  };
}
