import {
  accept,
  type Bytes,
  bigintToBytes,
  type Check,
  decodeRlp,
  encodeRlp,
  type Hash,
  hashToBytes,
  MalformedRlp,
  numberToBytes,
  readBigint,
  readBytes,
  readHash,
  readList,
  readNumber,
  reject,
} from "../primitives/index.ts";

/**
 * A validator's signature of one change, which everybody reads from the root chain, or of one era's work, which everybody
 * finds in the unit of its last block. The two have different domains, so that neither can be taken for the other.
 */
export interface RootSetVote {
  /** Of the recorded set that the signer has its seat in, and that a change is made to. */
  readonly serial: bigint;
  /** Digest of the change or the work. */
  readonly change: Hash;
  readonly seat: number;
  /** 65 bytes r ‖ s ‖ v. */
  readonly signature: Bytes;
}

export type RootSetVoteRejection = { readonly code: "MalformedVote"; readonly reason: string };

const UINT64_BYTES = 8;
const SEATS = 256;

export function encodeRootSetVote({ serial, change, seat, signature }: RootSetVote): Bytes {
  return encodeRlp([bigintToBytes(serial), hashToBytes(change), numberToBytes(seat), signature]);
}

export function decodeRootSetVote(bytes: Bytes): Check<RootSetVote, RootSetVoteRejection> {
  const decoded = decodeRlp(bytes);
  if (!decoded.ok) return reject({ code: "MalformedVote", reason: decoded.rejection.reason });
  try {
    const fields = readList(decoded.value, 4);
    const seat = readNumber(fields[2]);
    if (seat >= SEATS) throw new MalformedRlp("there is no such seat");
    return accept({
      serial: readBigint(fields[0], UINT64_BYTES),
      change: readHash(fields[1]),
      seat,
      // Of its own: the frame that it came in is larger and soon gone.
      signature: readBytes(fields[3], 65).slice(),
    });
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "MalformedVote", reason: error.message });
    throw error;
  }
}
