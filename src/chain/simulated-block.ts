import type { Bytes } from "../primitives/index.ts";
import type { Block } from "./block.ts";
import type { Log } from "./log.ts";

/** How one call of a simulation went. */
export interface SimulatedCall {
  readonly gasUsed: bigint;
  /** Before refunds: what the call needs to go through. */
  readonly maxUsedGas: bigint;
  readonly returnData: Bytes;
  /** None when it failed; with transfers of the coin among them where those were asked for. */
  readonly logs: readonly Log[];
  /** Why it failed, in the words of go-ethereum; undefined when it succeeded. */
  readonly failure?: { readonly kind: "reverted" } | { readonly kind: "failed"; readonly reason: string };
}

/**
 * A block that nobody made. Its transactions are unsigned and its `stateRoot` is zero: whoever runs calls keeps no tries.
 */
export interface SimulatedBlock {
  readonly block: Block;
  /** One per transaction. */
  readonly calls: readonly SimulatedCall[];
}
