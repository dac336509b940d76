import { type Bytes, compareBytes, equalBytes } from "../primitives/index.ts";
import {
  type Branch,
  branchOf,
  divergence,
  type Entry,
  type Extension,
  keyThrough,
  type Leaf,
  leafOf,
  nibbleAt,
  nibbleCount,
  type TrieNode,
  withPath,
} from "./trie-node.ts";

/** A new value for a key, or its removal. */
export interface TrieChange {
  readonly key: Bytes;
  readonly value: Bytes | undefined;
}

/** Sorted by key; of several changes of one key the last one counts, and an empty value removes the key. */
export function sortChanges(changes: Iterable<readonly [key: Bytes, value: Bytes | undefined]>): TrieChange[] {
  const ranked: (TrieChange & { readonly rank: number })[] = [];
  for (const [key, value] of changes) {
    ranked.push({ key, value: value?.length === 0 ? undefined : value, rank: rankOf(key) });
  }
  // Array.prototype.sort is stable: equal keys stay in the order in which they were given.
  ranked.sort((a, b) => a.rank - b.rank || compareBytes(a.key, b.key));
  return ranked.filter((change, i) => {
    const next = ranked[i + 1];
    return next === undefined || next.rank !== change.rank || !equalBytes(next.key, change.key);
  });
}

// The first six bytes as a number: nearly every comparison of hashed keys ends here, four times sooner than byte by byte.
function rankOf(key: Bytes): number {
  let rank = 0;
  for (let i = 0; i < 6; i++) rank = rank * 256 + (key[i] ?? 0);
  return rank;
}

/**
 * The node with sorted `changes[lo, hi)` made under it, sharing whatever did not change; undefined when nothing is left.
 * One pass for any number of changes.
 *
 * @param depth nibbles of the keys consumed above the node
 */
export function applyChanges(
  node: TrieNode | undefined,
  changes: readonly TrieChange[],
  lo: number,
  hi: number,
  depth: number,
): TrieNode | undefined {
  if (lo === hi) return node;
  if (node === undefined) return buildFrom(present(changes, lo, hi), depth);
  switch (node.kind) {
    case "leaf":
      return applyToLeaf(node, changes, lo, hi, depth);
    case "extension":
      return applyToExtension(node, changes, lo, hi, depth);
    case "branch":
      return applyToBranch(node, changes, lo, hi, depth);
  }
}

/** Subtrie of sorted entries with distinct keys. */
export function buildFrom(entries: readonly Entry[], depth: number): TrieNode | undefined {
  return build(entries, 0, entries.length, depth);
}

function build(entries: readonly Entry[], lo: number, hi: number, depth: number): TrieNode | undefined {
  const first = entries[lo];
  if (first === undefined || lo === hi) return undefined;
  if (hi - lo === 1) return leafOf(first, depth);
  // Sorted, so what the first and the last key share, all share.
  const last = entries[hi - 1] as Entry;
  const fork = divergence(first.key, last.key, depth, nibbleCount(first.key));
  const terminal = nibbleCount(first.key) === fork ? first : undefined;
  const children: (TrieNode | undefined)[] = new Array(16).fill(undefined);
  let start = terminal === undefined ? lo : lo + 1;
  while (start < hi) {
    const nibble = nibbleAt((entries[start] as Entry).key, fork);
    const end = endOfGroup(entries, start, hi, fork, nibble);
    children[nibble] = build(entries, start, end, fork + 1);
    start = end;
  }
  return withPath(first.key, depth, fork, branchOf(children, terminal));
}

function endOfGroup(sorted: readonly { readonly key: Bytes }[], start: number, hi: number, at: number, nibble: number) {
  let end = start + 1;
  while (end < hi && nibbleAt((sorted[end] as { key: Bytes }).key, at) === nibble) end++;
  return end;
}

function present(changes: readonly TrieChange[], lo: number, hi: number): Entry[] {
  const entries: Entry[] = [];
  for (let i = lo; i < hi; i++) {
    const { key, value } = changes[i] as TrieChange;
    if (value !== undefined) entries.push({ key, value });
  }
  return entries;
}

function applyToLeaf(leaf: Leaf, changes: readonly TrieChange[], lo: number, hi: number, depth: number) {
  const first = changes[lo] as TrieChange;
  if (hi - lo === 1 && equalBytes(first.key, leaf.key)) {
    if (first.value === undefined) return undefined;
    return equalBytes(first.value, leaf.value) ? leaf : leafOf({ key: leaf.key, value: first.value }, depth);
  }
  const entries: Entry[] = [];
  let placed = false;
  for (let i = lo; i < hi; i++) {
    const { key, value } = changes[i] as TrieChange;
    const order = placed ? 1 : compareBytes(key, leaf.key);
    if (order > 0 && !placed) entries.push(leaf);
    if (order >= 0) placed = true;
    if (value !== undefined) entries.push({ key, value });
  }
  if (!placed) entries.push(leaf);
  const only = entries[0];
  if (entries.length === 1 && only !== undefined && isSame(only, leaf)) return leaf;
  return buildFrom(entries, depth);
}

function isSame(a: Entry, b: Entry): boolean {
  return a === b || (equalBytes(a.key, b.key) && equalBytes(a.value, b.value));
}

function applyToExtension(node: Extension, changes: readonly TrieChange[], lo: number, hi: number, depth: number) {
  const first = (changes[lo] as TrieChange).key;
  const last = (changes[hi - 1] as TrieChange).key;
  const fork = Math.min(divergence(first, node.key, depth, node.to), divergence(last, node.key, depth, node.to));
  if (fork === node.to) {
    const child = applyToBranch(node.child, changes, lo, hi, fork);
    if (child === node.child) return node;
    return child && withPath(node.key, depth, fork, child);
  }
  // The path forks inside: a branch with what was there as its only child, for as long as the changes need it.
  const children: (TrieNode | undefined)[] = new Array(16).fill(undefined);
  children[nibbleAt(node.key, fork)] = withPath(node.key, fork + 1, node.to, node.child);
  const split = applyToBranch(branchOf(children, undefined), changes, lo, hi, fork);
  const forked = split?.kind === "branch" && split.children === children ? collapse(split, fork) : split;
  return forked && withPath(node.key, depth, fork, forked);
}

function applyToBranch(
  branch: Branch,
  changes: readonly TrieChange[],
  lo: number,
  hi: number,
  depth: number,
): TrieNode | undefined {
  let children: (TrieNode | undefined)[] | undefined;
  let terminal = branch.terminal;
  let start = lo;
  const { key, value } = changes[lo] as TrieChange;
  if (nibbleCount(key) === depth) {
    const same = value !== undefined && terminal !== undefined && equalBytes(value, terminal.value);
    if (!same) terminal = value === undefined ? undefined : { key, value };
    start++;
  }
  while (start < hi) {
    const nibble = nibbleAt((changes[start] as TrieChange).key, depth);
    const end = endOfGroup(changes, start, hi, depth, nibble);
    const before = branch.children[nibble];
    const after = applyChanges(before, changes, start, end, depth + 1);
    if (after !== before) {
      children ??= branch.children.slice();
      children[nibble] = after;
    }
    start = end;
  }
  if (children === undefined && terminal === branch.terminal) return branch;
  return collapse(branchOf(children ?? branch.children, terminal), depth);
}

/** A branch needs two ways on; with one or none it is a leaf, an extension or nothing. */
function collapse(branch: Branch, depth: number): TrieNode | undefined {
  let only: TrieNode | undefined;
  let count = 0;
  for (const child of branch.children) {
    if (child === undefined) continue;
    only = child;
    if (++count > 1) return branch;
  }
  if (only === undefined) return branch.terminal && leafOf(branch.terminal, depth);
  if (branch.terminal !== undefined) return branch;
  return withPath(keyThrough(only), depth, depth + 1, only);
}
