import { BugError } from "../errors.ts";
import {
  type Bytes,
  concatBytes,
  equalBytes,
  type Hash,
  hashFromBytes,
  hashToBytes,
  keccak256,
  utf8,
} from "../primitives/index.ts";

/** Binary Merkle tree over leaves of 32 bytes, padded with zero words to the next power of two. */
export interface MerkleTree {
  readonly root: Hash;
  /** Siblings on every path: ceil(log2(number of leaves)). */
  readonly depth: number;
  /**
   * Siblings of a leaf, lowest first.
   *
   * @throws {BugError} for an index beyond the leaves: padding cannot be proven
   */
  prove(index: number): readonly Hash[];
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const PADDING: Bytes = new Uint8Array(32);

/** keccak256(0x00 ‖ content): a leaf and a node differ in their first byte, so that neither can stand for the other. */
export function leafHash(...content: readonly Bytes[]): Bytes {
  return keccak256(concatBytes(LEAF, ...content));
}

/** Leaf of the account tree of a checkpoint: keccak256(0x00 ‖ ASCII tag ‖ payload). */
export function taggedLeaf(tag: string, payload: Bytes): Bytes {
  return leafHash(utf8(tag), payload);
}

/** keccak256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return keccak256(concatBytes(NODE, left, right));
}

/** Depth of a tree over `count` leaves: 0 for one leaf, whose hash is the root. */
export function merkleDepth(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}

/** @throws {BugError} when there is no leaf: an empty tree has no root */
export function createMerkleTree(leaves: readonly Bytes[]): MerkleTree {
  if (leaves.length === 0) throw new BugError("a Merkle tree needs a leaf");
  const depth = merkleDepth(leaves.length);
  const levels: (readonly Bytes[])[] = [[...leaves, ...new Array<Bytes>(2 ** depth - leaves.length).fill(PADDING)]];
  for (let level = 0; level < depth; level++) {
    const below = levels[level] as readonly Bytes[];
    levels.push(
      Array.from({ length: below.length / 2 }, (_, i) => nodeHash(below[2 * i] as Bytes, below[2 * i + 1] as Bytes)),
    );
  }
  return {
    root: hashFromBytes((levels[depth] as readonly Bytes[])[0] as Bytes),
    depth,
    prove(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
        throw new BugError(`leaf ${index} of ${leaves.length} does not exist`);
      }
      return levels.slice(0, depth).map((nodes, level) => hashFromBytes(nodes[(index >> level) ^ 1] as Bytes));
    },
  };
}

/** Root that a leaf at `index` leads to with these siblings, lowest first. */
export function merkleRootFrom(leaf: Bytes, index: number, siblings: readonly Hash[]): Hash {
  let node = leaf;
  for (const [level, sibling] of siblings.entries()) {
    const other = hashToBytes(sibling);
    node = ((index >> level) & 1) === 0 ? nodeHash(node, other) : nodeHash(other, node);
  }
  return hashFromBytes(node);
}

export interface MerkleProof {
  readonly leaf: Bytes;
  readonly index: number;
  /** Number of leaves of the tree, which fixes how many siblings there are. */
  readonly count: number;
  readonly siblings: readonly Hash[];
}

/** True when the leaf stands at `index` of a tree of `count` leaves under `root`; false for padding and wrong depths. */
export function verifyMerkleProof(root: Hash, proof: MerkleProof): boolean {
  const { leaf, index, count, siblings } = proof;
  if (!Number.isInteger(index) || index < 0 || index >= count || siblings.length !== merkleDepth(count)) return false;
  if (leaf.length !== 32 || equalBytes(leaf, PADDING)) return false;
  return merkleRootFrom(leaf, index, siblings) === root;
}
