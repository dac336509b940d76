import {
  type Address,
  bytesToBigint,
  concatBytes,
  type Hash,
  hashToBytes,
  keccak256,
  wordOf,
} from "../primitives/index.ts";

/** A seat of the stake contract that has power in the current epoch. */
export interface StakedSeat {
  readonly seat: number;
  readonly signer: Address;
  readonly power: bigint;
}

/**
 * Whose turn it is to propose: a draw by power over the seats in ascending order, the twin of
 * `CheckpointManager.proposerFor`. Undefined without any power.
 *
 * @param round  0 when the checkpoint falls due, one more with every `proposerTimeout` that passes without a submission
 */
export function drawProposer(
  seats: readonly StakedSeat[],
  previous: Hash,
  chainId: bigint,
  number: bigint,
  round: number,
): Address | undefined {
  const total = seats.reduce((sum, seat) => sum + seat.power, 0n);
  if (total === 0n) return undefined;
  const seed = keccak256(concatBytes(hashToBytes(previous), wordOf(chainId), wordOf(number), wordOf(round)));
  let left = bytesToBigint(seed) % total;
  for (const seat of [...seats].sort((a, b) => a.seat - b.seat)) {
    if (left < seat.power) return seat.signer;
    left -= seat.power;
  }
  return undefined;
}
