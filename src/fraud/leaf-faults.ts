import { type ChainArchive, type SubmittedCheckpoint, signedLeaves } from "../checkpoint/index.ts";
import { UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import { type BlockLeaf, type BlockProof, blockLeafOf, createMerkleTree, leafOf } from "../proofs/index.ts";
import { BLOCK_PROOF, type Challenge, challengeOf, coder, headerOf } from "./evidence.ts";

/** A block that a verdict banned and that stands in a checkpoint again. */
export interface BannedFault {
  readonly type: "banned-block";
  readonly block: bigint;
  readonly hash: Hash;
}

/** A leaf of a checkpoint that is not the one of the block it names. */
export interface LeafFault {
  readonly type: "block-leaf";
  /** Number of the block that stands there by the leaf's place. */
  readonly block: bigint;
  readonly reason: string;
}

/**
 * Faults of a checkpoint whose root no node's blocks give, in the leaves that somebody shows for it. A leaf whose block
 * nobody shows is no fault that could be proven.
 */
export async function findLeafFaults(
  archive: ChainArchive,
  checkpoint: SubmittedCheckpoint,
  banned: (hash: Hash) => boolean,
): Promise<readonly (LeafFault | BannedFault)[]> {
  const faults: (LeafFault | BannedFault)[] = [];
  for (const [index, leaf] of ((await archive.leaves?.(checkpoint)) ?? []).entries()) {
    const block = checkpoint.start + BigInt(index);
    if (banned(leaf.blockHash)) {
      faults.push({ type: "banned-block", block, hash: leaf.blockHash });
      continue;
    }
    const reason = await faultOfLeaf(archive, leaf, block);
    if (reason !== undefined) faults.push({ type: "block-leaf", block, reason });
  }
  return faults;
}

async function faultOfLeaf(archive: ChainArchive, leaf: BlockLeaf, place: bigint): Promise<string | undefined> {
  if (leaf.number !== place) return `its leaf says that it is block ${leaf.number}`;
  const found = await archive.block(place, leaf.blockHash);
  if (found?.block.hash !== leaf.blockHash) return undefined;
  const own = blockLeafOf(found.block);
  if (own.number !== leaf.number) return `its leaf is that of block ${own.number}`;
  if (own.timestamp !== leaf.timestamp) return `its leaf says that its time is ${leaf.timestamp}`;
  if (own.transactionsRoot !== leaf.transactionsRoot) return "its leaf has another root of transactions";
  if (own.receiptsRoot !== leaf.receiptsRoot) return "its leaf has another root of receipts";
  return undefined;
}

export async function craftLeaf(archive: ChainArchive, { type, block }: LeafFault): Promise<Challenge> {
  const { proof, index } = await proveLeaf(archive, block);
  const opened = proof.number === block ? await archive.block(block, proof.blockHash) : undefined;
  const evidence = coder.encode([BLOCK_PROOF, "uint64", "bytes"], [proof, index, opened ? headerOf(opened) : "0x"]);
  return { ...challengeOf(type, proof, evidence), block };
}

export async function craftBanned(archive: ChainArchive, { type, block }: BannedFault): Promise<Challenge> {
  const { proof } = await proveLeaf(archive, block);
  return challengeOf(type, proof, coder.encode([BLOCK_PROOF], [proof]));
}

/** The leaf that stakers signed in a block's place, whatever it says. */
async function proveLeaf(
  archive: ChainArchive,
  block: bigint,
): Promise<{ readonly proof: BlockProof; readonly index: number }> {
  const checkpoint = await archive.checkpointCovering(block);
  if (!checkpoint) {
    throw new UserError("KOMA_E_NOT_CHECKPOINTED", `Block ${block} is not under a checkpoint yet.`, {
      facts: { block },
    });
  }
  const leaves = await signedLeaves(archive, checkpoint);
  const index = Number(block - checkpoint.start);
  const leaf = leaves[index] as BlockLeaf;
  const proof = {
    chainId: checkpoint.chainId,
    checkpoint: checkpoint.number,
    number: leaf.number,
    timestamp: leaf.timestamp,
    txRoot: leaf.transactionsRoot,
    receiptsRoot: leaf.receiptsRoot,
    blockHash: leaf.blockHash,
    siblings: createMerkleTree(leaves.map(leafOf)).prove(index),
  };
  return { proof, index };
}
