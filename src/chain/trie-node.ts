import type { Bytes } from "../primitives/index.ts";

/**
 * Nodes of a Merkle-Patricia trie (Yellow Paper, appendix D). They are never changed after they were made, except that
 * {@link NodeCache.reference} is filled in when it is first asked for: several tries share them.
 *
 * A path is not copied out of the key: a node holds a whole key that runs through it and the nibbles from which to which
 * the path goes. Splitting and joining paths then only moves those bounds.
 */
export type TrieNode = Leaf | Extension | Branch;

interface NodeCache {
  /** What a parent writes for this node: its hash (32 bytes) or, when shorter than that, its encoding. */
  reference: Bytes | undefined;
}

export interface Entry {
  readonly key: Bytes;
  readonly value: Bytes;
}

export interface Leaf extends Entry, NodeCache {
  readonly kind: "leaf";
  /** First nibble of the path, which goes to the end of the key. */
  readonly from: number;
}

export interface Extension extends NodeCache {
  readonly kind: "extension";
  readonly key: Bytes;
  readonly from: number;
  /** Nibble after the last one of the path. */
  readonly to: number;
  readonly child: Branch;
}

export interface Branch extends NodeCache {
  readonly kind: "branch";
  readonly children: readonly (TrieNode | undefined)[];
  /** The entry whose key ends here; never present in tries whose keys all have one length. */
  readonly terminal: Entry | undefined;
}

export function leafOf(entry: Entry, from: number): Leaf {
  return { kind: "leaf", key: entry.key, value: entry.value, from, reference: undefined };
}

export function branchOf(children: readonly (TrieNode | undefined)[], terminal: Entry | undefined): Branch {
  return { kind: "branch", children, terminal, reference: undefined };
}

/** `node` below the path that `key` takes from nibble `from` to `to`, where `node` begins. */
export function withPath(key: Bytes, from: number, to: number, node: TrieNode): TrieNode {
  if (from === to) return node;
  if (node.kind === "leaf") return leafOf(node, from);
  const branch = node.kind === "branch" ? node : node.child;
  const end = node.kind === "branch" ? to : node.to;
  return {
    kind: "extension",
    key: node.kind === "branch" ? key : node.key,
    from,
    to: end,
    child: branch,
    reference: undefined,
  };
}

export function nibbleAt(key: Bytes, index: number): number {
  const byte = key[index >> 1] as number;
  return (index & 1) === 0 ? byte >> 4 : byte & 15;
}

export function nibbleCount(key: Bytes): number {
  return key.length * 2;
}

/** First nibble from `from` on, but before `limit`, in which two keys differ or one of them ends; else `limit`. */
export function divergence(a: Bytes, b: Bytes, from: number, limit: number): number {
  const end = Math.min(nibbleCount(a), nibbleCount(b), limit);
  let index = from;
  while (index < end && nibbleAt(a, index) === nibbleAt(b, index)) index++;
  return index;
}

/** Some key that runs through the node. */
export function keyThrough(node: TrieNode): Bytes {
  if (node.kind !== "branch") return node.key;
  if (node.terminal !== undefined) return node.terminal.key;
  return keyThrough(node.children.find((child) => child !== undefined) as TrieNode);
}
