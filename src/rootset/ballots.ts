import {
  type Bytes,
  compactSignature,
  type Hash,
  hashToBytes,
  recoverAddress,
  type Signature,
} from "../primitives/index.ts";
import type { RecordedRootSet } from "../rootchain/index.ts";
import type { Quorum } from "./certificate.ts";
import type { RootSetVote } from "./vote.ts";

/** Votes of the recorded set: for what comes after it, and for what eras' work was. */
export interface Ballots {
  /**
   * @param useful  whether this node knows what the vote is for
   * @returns false: nobody in that seat made this signature, and whoever sent it deserves a penalty
   */
  add(vote: RootSetVote, recorded: RecordedRootSet, useful: (change: Hash) => boolean): boolean;
  /** Signatures of two thirds of the recorded power under a digest, or undefined. */
  quorum(id: Hash, recorded: RecordedRootSet): Quorum | undefined;
  /** Forgets all: another set is recorded, and none of the votes counts any more. */
  clear(): void;
}

/**
 * What one seat may have voted for; more push others out, so that nobody can fill the memory. Those go first that
 * this node knows nothing of: who repeats a validator's old votes cannot push its newest one out.
 */
const KEPT_PER_SEAT = 8;

export function createBallots(): Ballots {
  const seats = new Map<number, Map<Hash, Bytes>>();

  return {
    add({ change, seat, signature }, recorded, useful) {
      const votes = seats.get(seat) ?? new Map<Hash, Bytes>();
      if (votes.has(change)) return true;
      const signer = recorded.seats.find((entry) => entry.seat === seat)?.signer;
      if (signer === undefined || recoverAddress(hashToBytes(change), signature) !== signer) return false;
      votes.set(change, signature);
      if (votes.size > KEPT_PER_SEAT) {
        const known = [...votes.keys()];
        votes.delete((known.find((id) => !useful(id)) ?? known[0]) as Hash);
      }
      seats.set(seat, votes);
      return true;
    },
    quorum(id, recorded) {
      const signed = recorded.seats.filter(({ seat }) => seats.get(seat)?.has(id));
      const power = signed.reduce((sum, entry) => sum + entry.power, 0n);
      const total = recorded.seats.reduce((sum, entry) => sum + entry.power, 0n);
      if (power * 3n < total * 2n) return undefined;
      return {
        signers: signed.reduce((bits, { seat }) => bits | (1n << BigInt(seat)), 0n),
        signatures: signed.map(({ seat }) => compactSignature(seats.get(seat)?.get(id) as Signature)),
      };
    },
    clear() {
      seats.clear();
    },
  };
}
