import type { Bytes } from "../primitives/index.ts";

/** Signatures of two thirds of the recorded power under one digest, as the contracts want them. */
export interface Quorum {
  /** One bit per seat whose signature is there. */
  readonly signers: bigint;
  /** 64 bytes each, in ascending order of seats. */
  readonly signatures: readonly Bytes[];
}
