import { emptyTrieRoot, orderedKey, orderedTrie } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { type Bytes, bytesToHex, decodeRlp, type Hash, keccakHash } from "../primitives/index.ts";

/** A trie as the root contracts' `TrieWalk` has it shown. */
export interface TrieWalk {
  /** Encoded nodes that are referred to by hash, in pre-order; none for an empty trie. */
  readonly nodes: readonly Bytes[];
  /** For each node the references that are still to be shown before it, the next one last. */
  readonly stacks: readonly (readonly Hash[])[];
  /** Bytes of all nodes. */
  readonly size: number;
}

/** The whole trie of a list: of a block's transactions or receipts, encoded. */
export function walkList(values: readonly Bytes[]): TrieWalk {
  const trie = orderedTrie(values);
  const known = new Map<Hash, Bytes>();
  for (let index = 0; index < values.length; index++) {
    for (const node of trie.prove(orderedKey(index))) known.set(keccakHash(node), node);
  }
  const nodes: Bytes[] = [];
  const stacks: Hash[][] = [];
  const stack: Hash[] = trie.root() === emptyTrieRoot ? [] : [trie.root()];
  let size = 0;
  while (stack.length > 0) {
    stacks.push([...stack]);
    const node = known.get(stack.pop() as Hash);
    if (!node) throw new BugError("a trie refers to a node that no proof of its values has");
    nodes.push(node);
    size += node.length;
    stack.push(...referencesOf(node).reverse());
  }
  return { nodes, stacks, size };
}

/** Hashes of the nodes below; a node of under 32 bytes stands inside its parent and refers to none. */
function referencesOf(node: Bytes): Hash[] {
  const decoded = decodeRlp(node);
  if (!decoded.ok || !Array.isArray(decoded.value)) throw new BugError("a node of a trie is a list");
  const items = decoded.value as readonly unknown[];
  const path = items[0] as Bytes;
  const isLeaf = items.length === 2 && (path[0] as number) >= 0x20;
  const children = items.length === 17 ? items.slice(0, 16) : isLeaf ? [] : items.slice(1);
  return children
    .filter((child): child is Bytes => child instanceof Uint8Array && child.length === 32)
    .map((child) => bytesToHex(child) as Hash);
}

/** Place in the walk after so many bytes; undefined when no node begins there. */
export function placeInWalk({ nodes }: TrieWalk, bytes: number): number | undefined {
  let place = 0;
  for (let left = bytes; left > 0; place++) {
    const node = nodes[place];
    if (!node) return undefined;
    left -= node.length;
    if (left < 0) return undefined;
  }
  return place;
}
