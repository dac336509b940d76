import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, utf8 } from "../primitives/index.ts";
import { emptyTrieRoot } from "./header.ts";
import { orderedKey, orderedTrie, Trie } from "./trie.ts";

function trieOf(entries: Readonly<Record<string, string>>): Trie {
  return Trie.fromEntries(Object.entries(entries).map(([key, value]) => [utf8(key), utf8(value)] as const));
}

describe("a trie", () => {
  it("has the well-known root when it is empty", () => {
    expect(Trie.empty.root()).toBe(emptyTrieRoot);
    expect(trieOf({ a: "1" }).delete(utf8("a")).root()).toBe(emptyTrieRoot);
  });

  // Vectors of github.com/ethereum/tests, TrieTests/trieanyorder.json.
  it.each([
    {
      name: "singleItem",
      entries: { A: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
      root: "0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab",
    },
    {
      name: "dogs",
      entries: { doe: "reindeer", dog: "puppy", dogglesworth: "cat" },
      root: "0x8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3",
    },
    {
      name: "puppy",
      entries: { do: "verb", horse: "stallion", doge: "coin", dog: "puppy" },
      root: "0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84",
    },
    {
      name: "foo",
      entries: { foo: "bar", food: "bass" },
      root: "0x17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3",
    },
    {
      name: "smallValues",
      entries: { be: "e", dog: "puppy", bed: "d" },
      root: "0x3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b",
    },
    {
      name: "testy",
      entries: { test: "test", te: "testy" },
      root: "0x8452568af70d8d140f58d941338542f645fcca50094b20f3c3d8c3df49337928",
    },
  ])("has the root of the Ethereum vector $name", ({ entries, root }) => {
    expect(trieOf(entries).root()).toBe(root);
  });

  it("keeps older versions as they were", () => {
    const first = trieOf({ do: "verb", dog: "puppy" });
    const root = first.root();
    const second = first.set(utf8("doge"), utf8("coin")).delete(utf8("do"));
    expect(first.root()).toBe(root);
    expect(first.get(utf8("do"))).toEqual(utf8("verb"));
    expect(second.get(utf8("do"))).toBeUndefined();
    expect(second.get(utf8("doge"))).toEqual(utf8("coin"));
  });

  it("is itself again when a change changes nothing", () => {
    const trie = trieOf({ do: "verb", dog: "puppy", horse: "stallion" });
    expect(trie.set(utf8("dog"), utf8("puppy"))).toBe(trie);
    expect(trie.delete(utf8("cat"))).toBe(trie);
  });

  it("takes the last of several changes of one key, and an empty value as removal", () => {
    const key = utf8("k");
    expect(
      Trie.empty
        .update([
          [key, utf8("1")],
          [key, utf8("2")],
        ])
        .get(key),
    ).toEqual(utf8("2"));
    expect(Trie.empty.set(key, utf8("1")).set(key, new Uint8Array(0))).toBe(Trie.empty);
  });

  it("proves with hashed nodes only", () => {
    // One branch with two leaves so short that they stand inside it.
    const trie = Trie.fromEntries([
      [hexToBytes("0x10"), Uint8Array.of(1)],
      [hexToBytes("0x20"), Uint8Array.of(2)],
    ]);
    expect(trie.prove(hexToBytes("0x10"))).toHaveLength(1);
    expect(Trie.empty.prove(hexToBytes("0x10"))).toHaveLength(0);
  });
});

describe("the trie of a list", () => {
  it("has the RLP of the index as key", () => {
    expect([0, 1, 127, 128, 256].map((i) => bytesToHex(orderedKey(i)))).toEqual([
      "0x80",
      "0x01",
      "0x7f",
      "0x8180",
      "0x820100",
    ]);
    expect(orderedTrie([utf8("a"), utf8("b")]).get(orderedKey(1))).toEqual(utf8("b"));
  });
});
