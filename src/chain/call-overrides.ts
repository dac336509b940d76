import type { Address, Bytes, Hash } from "../primitives/index.ts";

/** What an account is pretended to hold while calls run. */
export interface AccountOverride {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Bytes;
  /** Replaces the whole storage. */
  readonly state?: Readonly<Record<Hash, Hash>>;
  /** Replaces single slots; never together with `state`. */
  readonly stateDiff?: Readonly<Record<Hash, Hash>>;
}

export type StateOverrides = Readonly<Record<Address, AccountOverride>>;

/** What calls are told of the block they run in, where that differs from the real one. */
export interface BlockOverrides {
  readonly number?: bigint;
  /** Seconds. */
  readonly timestamp?: bigint;
  readonly coinbase?: Address;
  readonly prevRandao?: Hash;
  readonly gasLimit?: bigint;
  readonly baseFeePerGas?: bigint;
}
