import { type CheckpointVote, decodeVote } from "../checkpoint/index.ts";
import { ProtocolError } from "../errors.ts";
import { bytesToHex, compactSignature, type Hex, hexToBytes, isHex, type Signature } from "../primitives/index.ts";
import { type Challenge, coder } from "./evidence.ts";

const CHECKPOINT =
  "tuple(uint64 chainId,uint64 epoch,uint64 number,address proposer,uint64 start,uint64 end,bytes32 rootHash," +
  "bytes32 lastBlockHash,bytes32 accountHash,bytes32 prevCheckpoint,uint64 generation)";
const SHAPE = [CHECKPOINT, CHECKPOINT, "bytes", "bytes"];

/** Longest vote, bytes: its fields need some 400. */
const MAX_VOTE_BYTES = 1_024;

/** Two votes as a node shows them; who signed them is for the root contracts to say. */
export interface ShownDoubleVote {
  readonly first: CheckpointVote;
  readonly second: CheckpointVote;
}

/** One entry of `koma_getDoubleVotes`; undefined for what is none. */
export function readDoubleVote(entry: unknown): ShownDoubleVote | undefined {
  const votes = (entry as { readonly votes?: unknown } | null)?.votes;
  if (!Array.isArray(votes) || votes.length !== 2) return undefined;
  const [first, second] = votes.map(readVote);
  return first && second && { first, second };
}

function readVote(hex: unknown): CheckpointVote | undefined {
  if (!isHex(hex) || hex.length > 2 + 2 * MAX_VOTE_BYTES) return undefined;
  const decoded = decodeVote(hexToBytes(hex));
  return decoded.ok ? decoded.value : undefined;
}

/**
 * The challenge that has a staker charged for signing two contents for the same blocks. No checkpoint falls with it.
 *
 * @see KOMA root contracts, 10.21; `SignerFraud.validateCheckpointEquivocation`
 */
export function craftDoubleVote({ first, second }: ShownDoubleVote): Challenge {
  const signature = (vote: CheckpointVote) => bytesToHex(compactSignature(vote.signature as Signature));
  return {
    kind: 20,
    type: "checkpoint-equivocation",
    chainId: first.checkpoint.chainId,
    checkpoint: 0n,
    block: 0n,
    evidence: coder.encode(SHAPE, [first.checkpoint, second.checkpoint, signature(first), signature(second)]) as Hex,
  };
}

/** What kind-20 evidence says, judged without the root chain: who signed it only the root chain's domain tells. */
export interface TwoVotes {
  readonly sameRange: boolean;
  readonly sameContent: boolean;
  readonly range: string;
}

/** @throws {ProtocolError} KOMA_E_PROOF_MALFORMED */
export function readTwoVotes(evidence: Hex): TwoVotes {
  try {
    const decoded = coder.decode(SHAPE, evidence);
    // The decoder is lazy: what is malformed shows when it is read.
    decoded.toArray(true);
    const [a, b] = decoded as unknown as readonly [
      Readonly<Record<string, unknown>>,
      Readonly<Record<string, unknown>>,
    ];
    const agree = (...fields: readonly string[]) => fields.every((field) => a[field] === b[field]);
    return {
      sameRange: agree("chainId", "generation", "start", "end"),
      sameContent: agree("rootHash", "lastBlockHash", "accountHash"),
      range: `blocks ${a["start"]} to ${a["end"]} of generation ${a["generation"]}`,
    };
  } catch (cause) {
    throw new ProtocolError("KOMA_E_PROOF_MALFORMED", "The evidence is not encoded as its kind asks.", {
      facts: { type: "checkpoint-equivocation" },
      cause,
    });
  }
}
