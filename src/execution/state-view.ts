import type { AccountState } from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";

/** The state after one block, read only. */
export interface StateView {
  account(address: Address): AccountState | undefined;
  /** Without leading zeros; the empty string is zero. */
  slot(address: Address, key: Hash): Bytes;
  /** Empty for the hash of no code. */
  code(hash: Hash): Bytes;
}
