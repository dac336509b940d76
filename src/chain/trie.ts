import {
  type Bytes,
  bigintToBytes,
  encodeRlp,
  equalBytes,
  type Hash,
  hashFromBytes,
  keccakHash,
} from "../primitives/index.ts";
import { emptyTrieRoot } from "./header.ts";
import { applyChanges, sortChanges } from "./trie-change.ts";
import { encodeNode, referenceOf } from "./trie-encoding.ts";
import { divergence, nibbleAt, nibbleCount, type TrieNode } from "./trie-node.ts";

/**
 * Immutable Merkle-Patricia trie in memory. A change copies the path to it and shares the rest, so the tries of several
 * unfinished blocks cost only their differences. Hashes are computed when {@link root} or {@link prove} first asks, each
 * node once.
 *
 * Keys and values are bytes as given, and kept, not copied: whoever wants hashed keys hashes them, and nobody writes into
 * them afterwards. An empty value is the same as none.
 */
export class Trie {
  static readonly empty = new Trie(undefined);

  readonly #node: TrieNode | undefined;
  #root: Hash | undefined;

  private constructor(node: TrieNode | undefined) {
    this.#node = node;
  }

  /** Builds from entries in any order; of several with one key the last counts. */
  static fromEntries(entries: Iterable<readonly [key: Bytes, value: Bytes]>): Trie {
    return Trie.empty.update(entries);
  }

  get(key: Bytes): Bytes | undefined {
    const path = walk(this.#node, key);
    return path.value;
  }

  set(key: Bytes, value: Bytes): Trie {
    return this.update([[key, value]]);
  }

  delete(key: Bytes): Trie {
    return this.update([[key, undefined]]);
  }

  /** Makes all changes in one pass; undefined removes a key. */
  update(changes: Iterable<readonly [key: Bytes, value: Bytes | undefined]>): Trie {
    const sorted = sortChanges(changes);
    const node = applyChanges(this.#node, sorted, 0, sorted.length, 0);
    if (node === this.#node) return this;
    return node === undefined ? Trie.empty : new Trie(node);
  }

  root(): Hash {
    this.#root ??= this.#computeRoot();
    return this.#root;
  }

  /**
   * Encoded nodes from the root to the value of `key`, or to where it would have to be. Nodes shorter than 32 bytes are
   * part of their parent, as in `eth_getProof` (EIP-1186). No nodes for an empty trie.
   */
  prove(key: Bytes): Bytes[] {
    const { nodes } = walk(this.#node, key);
    return nodes.filter((node, depth) => depth === 0 || referenceOf(node).length === 32).map(encodeNode);
  }

  #computeRoot(): Hash {
    if (this.#node === undefined) return emptyTrieRoot;
    const reference = referenceOf(this.#node);
    return reference.length === 32 ? hashFromBytes(reference) : keccakHash(reference);
  }
}

function walk(
  root: TrieNode | undefined,
  key: Bytes,
): { readonly nodes: readonly TrieNode[]; readonly value: Bytes | undefined } {
  const nodes: TrieNode[] = [];
  let node = root;
  let depth = 0;
  while (node !== undefined) {
    nodes.push(node);
    if (node.kind === "leaf") return { nodes, value: equalBytes(node.key, key) ? node.value : undefined };
    if (node.kind === "extension") {
      if (divergence(node.key, key, depth, node.to) < node.to) break;
      depth = node.to;
      node = node.child;
    } else {
      if (depth === nibbleCount(key)) return { nodes, value: node.terminal?.value };
      node = node.children[nibbleAt(key, depth)];
      depth++;
    }
  }
  return { nodes, value: undefined };
}

/** Trie of a list, under the RLP of each index: the shape of transactionsRoot and receiptsRoot. */
export function orderedTrie(values: readonly Bytes[]): Trie {
  return Trie.fromEntries(values.map((value, index) => [orderedKey(index), value] as const));
}

/** Key of a list's item in its trie: RLP of the index. */
export function orderedKey(index: number): Bytes {
  return encodeRlp(bigintToBytes(BigInt(index)));
}
