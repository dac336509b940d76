import type { Address, Bytes, Hash } from "../primitives/index.ts";

/** What a contract's LOG instruction leaves in the receipt. */
export interface Log {
  readonly address: Address;
  /** At most four. */
  readonly topics: readonly Hash[];
  readonly data: Bytes;
}
