import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { emptyTrieRoot, Trie } from "../chain/index.ts";
import { type Bytes, bytesToHex, encodeRlp, keccak256, keccakHash } from "../primitives/index.ts";
import { listItemAt, trieValueAt, verifyTrieProof } from "./trie-proof.ts";

// Three bytes out of five values make deep tries; values of one byte make nodes that stand inside their parents.
const crowdedByte = fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf0);
const crowdedKey = fc.array(crowdedByte, { minLength: 3, maxLength: 3 }).map((bytes) => Uint8Array.from(bytes));
const hashedKey = fc.integer({ min: 0, max: 300 }).map((n) => keccak256(Uint8Array.of(n >> 8, n & 255)));
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 2 }), fc.uint8Array({ minLength: 33, maxLength: 60 }));

describe.each([
  { keys: "crowded keys", key: crowdedKey as fc.Arbitrary<Bytes> },
  { keys: "hashed keys", key: hashedKey as fc.Arbitrary<Bytes> },
])("with $keys", ({ key }) => {
  const entries = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 60 });

  it("a proof gives the value, or shows that there is none", () => {
    fc.assert(
      fc.property(entries, key, (list, other) => {
        const trie = Trie.fromEntries(list);
        for (const [present] of list) {
          const proof = verifyTrieProof(trie.root(), present, trie.prove(present));
          expect(proof).toEqual({ ok: true, value: trie.get(present) });
        }
        expect(verifyTrieProof(trie.root(), other, trie.prove(other))).toEqual({ ok: true, value: trie.get(other) });
      }),
    );
  });

  it("a changed proof proves nothing", () => {
    fc.assert(
      fc.property(entries, key, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (list, any, node, at, flip) => {
        const trie = Trie.fromEntries(list);
        const nodes = trie.prove(any).map((bytes) => new Uint8Array(bytes));
        const bytes = nodes[node % nodes.length] as Bytes;
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
        expect(verifyTrieProof(trie.root(), any, nodes).ok).toBe(false);
      }),
    );
  });

  it("a proof with nodes missing or left over proves nothing", () => {
    fc.assert(
      fc.property(entries, key, (list, any) => {
        const trie = Trie.fromEntries(list);
        const nodes = trie.prove(any);
        expect(verifyTrieProof(trie.root(), any, nodes.slice(0, -1)).ok).toBe(false);
        expect(verifyTrieProof(trie.root(), any, nodes.slice(1)).ok).toBe(false);
        expect(verifyTrieProof(trie.root(), any, [...nodes, nodes[0] as Bytes]).ok).toBe(false);
      }),
    );
  });

  it("no nodes make the verifier throw", () => {
    fc.assert(
      fc.property(key, fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 3 }), (any, nodes) => {
        const root = nodes[0] === undefined ? emptyTrieRoot : keccakHash(nodes[0]);
        verifyTrieProof(root, any, nodes);
      }),
    );
  });
});

describe("the walk is strict", () => {
  const key = Uint8Array.of(0x12, 0x34);
  const long = new Uint8Array(40).fill(7);
  const branch = (at: number, child: Bytes, value_: Bytes = new Uint8Array(0)) =>
    encodeRlp(Array.from({ length: 17 }, (_, i) => (i === at ? child : i === 16 ? value_ : new Uint8Array(0))));

  test.each([
    { rule: "an unknown flag", node: encodeRlp([Uint8Array.of(0x40, 0x12, 0x34), long]), fault: "Path" },
    { rule: "a padding nibble", node: encodeRlp([Uint8Array.of(0x21, 0x12, 0x34), long]), fault: "Path" },
    { rule: "an empty path", node: encodeRlp([new Uint8Array(0), long]), fault: "Path" },
    {
      rule: "an extension without nibbles",
      node: encodeRlp([Uint8Array.of(0x00), keccak256(long)]),
      fault: "EmptyExtension",
    },
    { rule: "another key's leaf", node: encodeRlp([Uint8Array.of(0x20, 0x12, 0x35), long]), fault: "Key" },
    { rule: "a leaf above the end of the key", node: encodeRlp([Uint8Array.of(0x20, 0x12), long]), fault: "Key" },
    {
      rule: "a leaf beyond the end of the key",
      node: encodeRlp([Uint8Array.of(0x20, 0x12, 0x34, 0x56), long]),
      fault: "Key",
    },
    { rule: "an empty value", node: encodeRlp([Uint8Array.of(0x20, 0x12, 0x34), new Uint8Array(0)]), fault: "Value" },
    { rule: "a list as value", node: encodeRlp([Uint8Array.of(0x20, 0x12, 0x34), [long]]), fault: "Value" },
    { rule: "three items", node: encodeRlp([long, long, long]), fault: "Malformed" },
    { rule: "a byte string", node: encodeRlp(long), fault: "Malformed" },
    { rule: "a reference of 31 bytes", node: branch(1, new Uint8Array(31).fill(1)), fault: "Malformed" },
    { rule: "no child", node: branch(2, long), fault: "Absent" },
    {
      rule: "a long node inside its parent",
      node: encodeRlp([Uint8Array.of(0x11), [Uint8Array.of(0x20, 0x23, 0x40), long]]),
      fault: "Malformed",
    },
  ])("with $rule it is refused: $fault", ({ node, fault }) => {
    const check = trieValueAt(keccakHash(node), key, [node]);
    expect(check.ok ? "accepted" : check.rejection).toEqual({ code: "BadTrieProof", fault });
  });

  it("takes no value from a branch", () => {
    const last = branch(-1, new Uint8Array(0), long);
    const node = encodeRlp([Uint8Array.of(0x00, 0x12, 0x34), keccak256(last)]);
    const check = trieValueAt(keccakHash(node), key, [node, last]);
    expect(check.ok ? "accepted" : check.rejection.code).toBe("BranchValue");
  });

  it("takes a node of under 32 bytes only inside its parent", () => {
    const trie = Trie.fromEntries([
      [Uint8Array.of(0x10), Uint8Array.of(1)],
      [Uint8Array.of(0x20), Uint8Array.of(2)],
    ]);
    const [root] = trie.prove(Uint8Array.of(0x10)) as [Bytes];
    const leaf = encodeRlp([Uint8Array.of(0x30), Uint8Array.of(1)]);
    expect(bytesToHex(root)).toContain(bytesToHex(leaf).slice(2));
    expect(trieValueAt(trie.root(), Uint8Array.of(0x10), [root]).ok).toBe(true);
    expect(trieValueAt(trie.root(), Uint8Array.of(0x10), [root, leaf]).ok).toBe(false);
  });

  it("derives the key of a list's item", () => {
    const trie = Trie.fromEntries([[Uint8Array.of(0x80), long]]);
    expect(listItemAt(trie.root(), 0, trie.prove(Uint8Array.of(0x80)))).toEqual({ ok: true, value: long });
    expect(listItemAt(trie.root(), 128, trie.prove(Uint8Array.of(0x80))).ok).toBe(false);
  });
});
