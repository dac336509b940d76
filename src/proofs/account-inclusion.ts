import type { AccountState } from "../chain/index.ts";
import { type Check, type Hex, hexToBytes } from "../primitives/index.ts";
import { type BlockProof, type CheckpointRange, verifyBlockProof } from "./block-proof.ts";
import { openHeader } from "./header-proof.ts";
import type { ProofRejection } from "./proof-rejection.ts";
import { type AccountProof, verifyAccountProof } from "./state-proof.ts";

/** What an account held after a block that is under a checkpoint. */
export interface AccountInclusion {
  readonly b: BlockProof;
  /** RLP of the block's header, whose hash the checkpoint's leaf holds, and which holds the state root. */
  readonly header: Hex;
  readonly account: AccountProof;
}

/** The account's state: from the checkpoint's root to the leaf, its header, the header's state root, and down the trie. */
export function verifyAccountInclusion(
  { b, header, account }: AccountInclusion,
  checkpoint: CheckpointRange,
): Check<AccountState, ProofRejection> {
  const leaf = verifyBlockProof(b, checkpoint);
  if (!leaf.ok) return leaf;
  const opened = openHeader(leaf.value, hexToBytes(header));
  return opened.ok ? verifyAccountProof(opened.value.stateRoot, account) : opened;
}
