import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { orderedKey, orderedTrie } from "../chain/index.ts";
import { keccakHash } from "../primitives/index.ts";
import { placeInWalk, walkList } from "./trie-walk.ts";

const value = (size: number, fill: number) => new Uint8Array(size).fill(fill);

describe("a walk through a trie", () => {
  it("of an empty list shows nothing", () => {
    expect(walkList([])).toEqual({ nodes: [], stacks: [], size: 0 });
  });

  it("of one value shows its leaf, which is the root", () => {
    const { nodes, stacks } = walkList([value(3, 1)]);
    expect(nodes.length).toBe(1);
    expect(stacks).toEqual([[orderedTrie([value(3, 1)]).root()]]);
  });

  it("knows where a node begins", () => {
    const walk = walkList(Array.from({ length: 20 }, (_, index) => value(100, index)));
    const first = walk.nodes[0]?.length as number;
    expect(placeInWalk(walk, 0)).toBe(0);
    expect(placeInWalk(walk, first)).toBe(1);
    expect(placeInWalk(walk, first + 1)).toBeUndefined();
    expect(placeInWalk(walk, walk.size)).toBe(walk.nodes.length);
    expect(placeInWalk(walk, walk.size + 1)).toBeUndefined();
  });
});

test("any list's walk shows each node where the stack asks for it, and every proof's nodes are among them", () => {
  const values = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 150 });
  fc.assert(
    fc.property(values, (list) => {
      const { nodes, stacks, size } = walkList(list);
      expect(nodes.map((node) => keccakHash(node))).toEqual(stacks.map((stack) => stack.at(-1)));
      expect(nodes.reduce((sum, node) => sum + node.length, 0)).toBe(size);
      const shown = new Set(stacks.map((stack) => stack.at(-1)));
      list.forEach((_, index) => {
        for (const node of orderedTrie(list).prove(orderedKey(index))) expect(shown.has(keccakHash(node))).toBe(true);
      });
    }),
    { numRuns: 20 },
  );
});
