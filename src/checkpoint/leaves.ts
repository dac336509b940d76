import { type BlockLeaf, blockLeafOf, createMerkleTree, leafOf } from "../proofs/index.ts";
import { type ChainArchive, openCheckpoint, type SubmittedCheckpoint } from "./archive.ts";

/** True when these are the leaves that stakers signed, whatever they say of their blocks. */
export function areLeavesOf(leaves: readonly BlockLeaf[], { start, end, rootHash }: SubmittedCheckpoint): boolean {
  return BigInt(leaves.length) === end - start + 1n && createMerkleTree(leaves.map(leafOf)).root === rootHash;
}

/**
 * The leaves under a checkpoint: those that a node says it signed, else those of its blocks.
 *
 * @throws {ProtocolError} KOMA_E_BLOCKS_DIFFER when neither give the root that stakers signed
 */
export async function signedLeaves(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
): Promise<readonly BlockLeaf[]> {
  const told = await archive.leaves?.(checkpoint);
  if (told) return told;
  const { blocks } = await openCheckpoint(archive, checkpoint);
  return blocks.map(({ block }) => blockLeafOf(block));
}
