import type { StakedValidator } from "../consensus/index.ts";
import type { Address } from "../primitives/index.ts";

/** A change of stake on the root chain, as the side-chain's blocks from then on know it. */
export interface StakeChange {
  /** Ms since the run began. */
  readonly at: number;
  readonly validator: number;
  /** 0: it leaves. */
  readonly stake: number;
}

/** Stakes by validator number, at the start and as they change. */
export interface StakePlan {
  readonly first: readonly number[];
  readonly changes: readonly StakeChange[];
}

/**
 * The root chain's validators as a block's state has them: a function of the block's slot alone, so that all nodes find the
 * same after the same block, and other sets after others.
 *
 * @param elapsed start of the slot, in ms since the run began
 */
export function stakedAt(
  { first, changes }: StakePlan,
  elapsed: number,
  signers: readonly Address[],
  isProducer: (validator: number) => boolean,
): readonly StakedValidator[] {
  const stakes = [...first];
  for (const { at, validator, stake } of changes) if (at <= elapsed) stakes[validator] = stake;
  return signers.map((signer, i) => ({ signer, stake: BigInt(stakes[i] ?? 0), producer: isProducer(i) }));
}
