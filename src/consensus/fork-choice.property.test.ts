import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawRandomDag } from "../../test/support/random-dag.ts";
import { type Hash, timestamp } from "../primitives/index.ts";
import { ancestorAtDepth, type BlockNode, commonAncestor, descendsFrom, skipPointers } from "./block-tree.ts";
import { forkChoice, heaviestBlock } from "./fork-choice.ts";
import type { UnitHash } from "./unit.ts";

/** A tree in which block i has the parent that number i of the list picks among the blocks before it, or the key block. */
const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 40 }).map((picks) => {
  const blocks: BlockNode[] = [];
  picks.forEach((pick, i) => {
    const parent = blocks[pick % (i + 1)];
    const depth = (parent?.depth ?? 0) + 1;
    // Hashes in an order of their own, so that ties are not decided by age.
    const name = ((i * 7919 + 13) % 65536).toString(16).padStart(4, "0").repeat(16);
    blocks.push({
      unit: `0x${name}` as UnitHash,
      creator: 0,
      parent,
      height: depth,
      depth,
      t: timestamp(i * 1000),
      payloadHash: `0x${name}` as Hash,
      terminal: false,
      skip: skipPointers(parent, depth),
      payload: undefined,
    });
  });
  return blocks;
});
const votedTree = tree.chain((blocks) =>
  fc.tuple(fc.constant(blocks), fc.array(fc.tuple(fc.nat(blocks.length - 1), fc.integer({ min: 1, max: 5 })))),
);

function countVotes(blocks: readonly BlockNode[], votes: readonly (readonly [number, number])[]) {
  const counted = new Map<BlockNode, number>();
  for (const [index, weight] of votes) {
    const block = blocks[index] as BlockNode;
    counted.set(block, (counted.get(block) ?? 0) + weight);
  }
  return counted;
}

function isAbove(ancestor: BlockNode | undefined, block: BlockNode): boolean {
  for (let at: BlockNode | undefined = block; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return ancestor === undefined;
}

/** GHOST as the specification words it: one step at a time, counting everything anew. */
function naiveGhost(blocks: readonly BlockNode[], votes: ReadonlyMap<BlockNode, number>): BlockNode | undefined {
  let at: BlockNode | undefined;
  for (;;) {
    const children = blocks
      .filter((block) => block.parent === at)
      .map((block) => ({
        block,
        weight: [...votes].reduce((sum, [vote, weight]) => (isAbove(block, vote) ? sum + weight : sum), 0),
      }))
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight || (a.block.unit < b.block.unit ? 1 : -1));
    if (children[0] === undefined) return at;
    at = children[0].block;
  }
}

describe("fork choice", () => {
  test("I-19 equals step-by-step GHOST on any tree", () => {
    fc.assert(
      fc.property(votedTree, ([blocks, votes]) => {
        const counted = countVotes(blocks, votes);
        expect(heaviestBlock(counted)).toBe(naiveGhost(blocks, counted));
      }),
      { numRuns: 300 },
    );
  });

  test("I-18 follows more than half of the counted weight", () => {
    fc.assert(
      fc.property(votedTree, ([blocks, votes]) => {
        const counted = countVotes(blocks, votes);
        const total = [...counted.values()].reduce((sum, weight) => sum + weight, 0);
        const choice = heaviestBlock(counted);
        for (const block of blocks) {
          const weight = [...counted].reduce((sum, [vote, w]) => (isAbove(block, vote) ? sum + w : sum), 0);
          if (2 * weight > total) expect(choice !== undefined && isAbove(block, choice)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("I-20 counts nothing of validators that are seen as faulty", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.constantFrom([1, 1, 1, 1], [3, 2, 2, 1], [5, 1, 1]), (seed, weights) => {
        const { drawn } = drawRandomDag({ seed, units: 40, weights, equivocators: [0, 1] });
        const panoramas = [drawn.dag.latest, ...drawn.dag.order.map((unit) => unit.panorama)];
        for (const panorama of panoramas) {
          const withoutThem = panorama.map((seen) => (seen === "faulty" ? undefined : seen));
          expect(forkChoice(panorama, weights)).toBe(forkChoice(withoutThem, weights));
          const votes = new Map<BlockNode, number>();
          panorama.forEach((seen, i) => {
            if (typeof seen !== "object" || seen.vote === undefined) return;
            votes.set(seen.vote, (votes.get(seen.vote) ?? 0) + (weights[i] as number));
          });
          const blocks = drawn.dag.order.flatMap(({ block }) => block ?? []);
          expect(forkChoice(panorama, weights)).toBe(naiveGhost(blocks, votes));
        }
      }),
      { numRuns: 40 },
    );
  });

  test("without votes is the key block", () => {
    expect(heaviestBlock(new Map())).toBeUndefined();
  });
});

describe("block tree", () => {
  test("skip pointers lead where parents lead", () => {
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), (blocks, a, b) => {
        const left = blocks[a % blocks.length] as BlockNode;
        const right = blocks[b % blocks.length] as BlockNode;
        for (let at: BlockNode | undefined = left; at !== undefined; at = at.parent) {
          expect(ancestorAtDepth(left, at.depth)).toBe(at);
        }
        expect(ancestorAtDepth(left, 0)).toBeUndefined();
        expect(ancestorAtDepth(left, left.depth + 1)).toBeUndefined();
        expect(descendsFrom(left, right)).toBe(isAbove(right, left));
        let common: BlockNode | undefined = left;
        while (common !== undefined && !isAbove(common, right)) common = common.parent;
        expect(commonAncestor(left, right)).toBe(common);
      }),
      { numRuns: 200 },
    );
  });
});
