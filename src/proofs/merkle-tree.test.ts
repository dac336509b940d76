import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { BugError } from "../errors.ts";
import { bytesToHex, concatBytes, hashFromBytes, keccak256, utf8, zeroHash } from "../primitives/index.ts";
import { createMerkleTree, leafHash, merkleDepth, nodeHash, taggedLeaf, verifyMerkleProof } from "./merkle-tree.ts";

const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 255)));

describe("a Merkle tree", () => {
  it("of one leaf is that leaf", () => {
    const [leaf] = leaves(1) as [Uint8Array];
    const tree = createMerkleTree([leaf]);
    expect(tree.root).toBe(bytesToHex(leaf));
    expect(tree.depth).toBe(0);
    expect(tree.prove(0)).toEqual([]);
  });

  it("of three leaves is padded with a zero word", () => {
    const [a, b, c] = leaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    const root = nodeHash(nodeHash(a, b), nodeHash(c, new Uint8Array(32)));
    expect(createMerkleTree([a, b, c]).root).toBe(hashFromBytes(root));
  });

  it("tells leaves from nodes by their first byte", () => {
    expect(leafHash(utf8("x"))).toEqual(keccak256(concatBytes(Uint8Array.of(0), utf8("x"))));
    expect(nodeHash(utf8("l"), utf8("r"))).toEqual(keccak256(concatBytes(Uint8Array.of(1), utf8("lr"))));
    expect(taggedLeaf("koma.fees.v1", utf8("x"))).toEqual(leafHash(utf8("koma.fees.v1x")));
  });

  it("has no padding to prove and no root without leaves", () => {
    const tree = createMerkleTree(leaves(3));
    expect(() => tree.prove(3)).toThrow(BugError);
    expect(() => createMerkleTree([])).toThrow(BugError);
    const padding = { leaf: new Uint8Array(32), index: 3, count: 3, siblings: [] };
    expect(verifyMerkleProof(tree.root, padding)).toBe(false);
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [4096, 12],
  ])("of %i leaves has depth %i", (count, depth) => {
    expect(merkleDepth(count)).toBe(depth);
  });
});

test("every leaf of every tree can be proven, and nothing else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (count, pick) => {
      const all = leaves(count);
      const index = pick % count;
      const tree = createMerkleTree(all);
      const leaf = all[index] as Uint8Array;
      const siblings = tree.prove(index);
      expect(verifyMerkleProof(tree.root, { leaf, index, count, siblings })).toBe(true);
      expect(verifyMerkleProof(tree.root, { leaf, index: index ^ 1, count, siblings })).toBe(false);
      expect(verifyMerkleProof(tree.root, { leaf: leafHash(utf8("other")), index, count, siblings })).toBe(false);
      expect(verifyMerkleProof(tree.root, { leaf, index, count, siblings: [...siblings, zeroHash] })).toBe(false);
      expect(verifyMerkleProof(tree.root, { leaf, index, count, siblings: siblings.slice(0, -1) })).toBe(count === 1);
    }),
  );
});
