import type { Block } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { accept, type Bytes, type Check, type Hash, hashToBytes, reject, wordOf } from "../primitives/index.ts";
import { createMerkleTree, leafHash, merkleDepth, merkleRootFrom } from "./merkle-tree.ts";
import type { ProofRejection } from "./proof-rejection.ts";

/** What a checkpoint says of one block. */
export interface BlockLeaf {
  readonly number: bigint;
  /** Seconds since the Unix epoch. */
  readonly timestamp: bigint;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly blockHash: Hash;
}

/** `BlockProof` of the root contracts, field by field. */
export interface BlockProof {
  readonly chainId: bigint;
  /** Number of the checkpoint of this chain. */
  readonly checkpoint: bigint;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly txRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly blockHash: Hash;
  /** Lowest first. */
  readonly siblings: readonly Hash[];
}

/** What a verifier knows of a checkpoint from the root chain. */
export interface CheckpointRange {
  readonly chainId: bigint;
  /** Number of the checkpoint of this chain. */
  readonly checkpoint: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly rootHash: Hash;
}

/** The blocks of one checkpoint as a Merkle tree. */
export interface BlockTree {
  readonly root: Hash;
  readonly depth: number;
  readonly start: bigint;
  readonly end: bigint;
  leaf(number: bigint): BlockLeaf;
  /** Siblings of a block's leaf. */
  prove(number: bigint): readonly Hash[];
}

/** Most blocks of one checkpoint: 12 siblings. */
export const maxCheckpointLength = 4096;

export function blockLeafOf(block: Pick<Block, "header" | "hash">): BlockLeaf {
  const { number, timestamp, transactionsRoot, receiptsRoot } = block.header;
  return { number, timestamp, transactionsRoot, receiptsRoot, blockHash: block.hash };
}

/**
 * keccak256(0x00 ‖ number ‖ timestamp ‖ transactionsRoot ‖ receiptsRoot ‖ blockHash), each a word: 161 bytes.
 *
 * @see KOMA root contracts 5.1
 */
export function leafOf(leaf: BlockLeaf): Bytes {
  return leafHash(
    wordOf(leaf.number),
    wordOf(leaf.timestamp),
    hashToBytes(leaf.transactionsRoot),
    hashToBytes(leaf.receiptsRoot),
    hashToBytes(leaf.blockHash),
  );
}

/** @throws {BugError} unless the blocks are consecutive, at least one, and at most {@link maxCheckpointLength} */
export function createBlockTree(blocks: readonly BlockLeaf[]): BlockTree {
  const start = blocks[0]?.number ?? 0n;
  if (blocks.length > maxCheckpointLength) throw new BugError(`${blocks.length} blocks are too many for a checkpoint`);
  for (const [i, block] of blocks.entries()) {
    if (block.number !== start + BigInt(i))
      throw new BugError(`block ${block.number} is out of place in its checkpoint`);
  }
  const tree = createMerkleTree(blocks.map(leafOf));
  const indexOf = (number: bigint): number => {
    if (number < start || number >= start + BigInt(blocks.length)) {
      throw new BugError(`block ${number} is not among the ${blocks.length} from ${start}`);
    }
    return Number(number - start);
  };
  return {
    root: tree.root,
    depth: tree.depth,
    start,
    end: start + BigInt(blocks.length) - 1n,
    leaf: (number) => blocks[indexOf(number)] as BlockLeaf,
    prove: (number) => tree.prove(indexOf(number)),
  };
}

/** @param checkpoint which one of which chain the tree belongs to */
export function proveBlock(
  checkpoint: Pick<CheckpointRange, "chainId" | "checkpoint">,
  tree: BlockTree,
  number: bigint,
): BlockProof {
  const leaf = tree.leaf(number);
  return {
    chainId: checkpoint.chainId,
    checkpoint: checkpoint.checkpoint,
    number,
    timestamp: leaf.timestamp,
    txRoot: leaf.transactionsRoot,
    receiptsRoot: leaf.receiptsRoot,
    blockHash: leaf.blockHash,
    siblings: tree.prove(number),
  };
}

/** The leaf that a proof speaks of. */
export function leafOfProof(proof: BlockProof): BlockLeaf {
  const { number, timestamp, txRoot, receiptsRoot, blockHash } = proof;
  return { number, timestamp, transactionsRoot: txRoot, receiptsRoot, blockHash };
}

/** Proof rule P1: the block is inside the range, the path has exactly the tree's depth and leads to its root. */
export function verifyBlockProof(proof: BlockProof, checkpoint: CheckpointRange): Check<BlockLeaf, ProofRejection> {
  if (proof.chainId !== checkpoint.chainId) {
    return reject({ code: "WrongChain", expected: checkpoint.chainId, found: proof.chainId });
  }
  if (proof.checkpoint !== checkpoint.checkpoint) {
    return reject({ code: "WrongCheckpoint", expected: checkpoint.checkpoint, found: proof.checkpoint });
  }
  const { number, siblings } = proof;
  if (number < checkpoint.start || number > checkpoint.end) return reject({ code: "BlockNotInCheckpoint", number });
  const expected = merkleDepth(Number(checkpoint.end - checkpoint.start) + 1);
  if (siblings.length !== expected) return reject({ code: "BadSiblings", expected, found: siblings.length });
  const leaf = leafOfProof(proof);
  const root = merkleRootFrom(leafOf(leaf), Number(number - checkpoint.start), siblings);
  return root === checkpoint.rootHash ? accept(leaf) : reject({ code: "BlockNotInCheckpoint", number });
}
