import { type Bytes, keccak256 } from "../primitives/index.ts";
import { type Branch, nibbleAt, nibbleCount, type TrieNode } from "./trie-node.ts";

// Nodes are encoded into one buffer that is used again: a node's children have their references before it is written,
// so no two encodings overlap. Encoding through lists of byte strings cost three times the hashing.
let scratch = new Uint8Array(1024);

/** What the parent of `node` writes for it; computed once for all tries that share the node. */
export function referenceOf(node: TrieNode): Bytes {
  if (node.reference !== undefined) return node.reference;
  referChildren(node);
  const length = writeNode(node);
  const reference = length < 32 ? scratch.slice(0, length) : keccak256(scratch.subarray(0, length));
  node.reference = reference;
  return reference;
}

/** RLP of the node, with references in place of its children. */
export function encodeNode(node: TrieNode): Bytes {
  referChildren(node);
  return scratch.slice(0, writeNode(node));
}

function referChildren(node: TrieNode): void {
  if (node.kind === "extension") referenceOf(node.child);
  if (node.kind !== "branch") return;
  for (let i = 0; i < 16; i++) {
    const child = node.children[i];
    if (child !== undefined && child.reference === undefined) referenceOf(child);
  }
}

/** Writes to the start of the buffer and says how many bytes. */
function writeNode(node: TrieNode): number {
  if (node.kind === "branch") return writeBranch(node);
  const to = node.kind === "leaf" ? nibbleCount(node.key) : node.to;
  const pathBytes = ((to - node.from) >> 1) + 1;
  const tail = node.kind === "leaf" ? bytesLength(node.value) : referenceLength(referenceOf(node.child));
  const payload = (pathBytes === 1 ? 1 : lengthOfLength(pathBytes) + pathBytes) + tail;
  reserve(payload + 5);
  let at = writeLength(0, payload, 0xc0);
  // The flag nibble keeps a one-byte path below 0x80, so that it is its own encoding.
  if (pathBytes > 1) at = writeLength(at, pathBytes, 0x80);
  at = writePath(at, node.key, node.from, to, node.kind === "leaf");
  return node.kind === "leaf" ? writeBytes(at, node.value) : writeReference(at, referenceOf(node.child));
}

function writeBranch(node: Branch): number {
  let payload = node.terminal === undefined ? 1 : bytesLength(node.terminal.value);
  for (let i = 0; i < 16; i++) {
    const child = node.children[i];
    payload += child === undefined ? 1 : referenceLength(referenceOf(child));
  }
  reserve(payload + 5);
  let at = writeLength(0, payload, 0xc0);
  for (let i = 0; i < 16; i++) {
    const child = node.children[i];
    if (child === undefined) scratch[at++] = 0x80;
    else at = writeReference(at, referenceOf(child));
  }
  if (node.terminal !== undefined) return writeBytes(at, node.terminal.value);
  scratch[at++] = 0x80;
  return at;
}

/** Hex-prefix encoding (Yellow Paper, appendix C). */
function writePath(at: number, key: Bytes, from: number, to: number, isLeaf: boolean): number {
  const flag = isLeaf ? 0x20 : 0;
  let next = from;
  if (((to - from) & 1) === 1) {
    scratch[at++] = flag | 0x10 | nibbleAt(key, next);
    next++;
  } else {
    scratch[at++] = flag;
  }
  if ((next & 1) === 0) {
    for (; next < to; next += 2) scratch[at++] = key[next >> 1] as number;
  } else {
    for (; next < to; next += 2) scratch[at++] = (nibbleAt(key, next) << 4) | nibbleAt(key, next + 1);
  }
  return at;
}

function referenceLength(reference: Bytes): number {
  return reference.length === 32 ? 33 : reference.length;
}

function writeReference(at: number, reference: Bytes): number {
  if (reference.length === 32) scratch[at++] = 0xa0;
  scratch.set(reference, at);
  return at + reference.length;
}

function bytesLength(bytes: Bytes): number {
  if (bytes.length === 1 && (bytes[0] as number) < 0x80) return 1;
  return lengthOfLength(bytes.length) + bytes.length;
}

function writeBytes(at: number, bytes: Bytes): number {
  const own = bytes.length === 1 && (bytes[0] as number) < 0x80;
  const start = own ? at : writeLength(at, bytes.length, 0x80);
  scratch.set(bytes, start);
  return start + bytes.length;
}

function lengthOfLength(length: number): number {
  if (length <= 55) return 1;
  return length <= 0xff ? 2 : length <= 0xffff ? 3 : length <= 0xffffff ? 4 : 5;
}

function writeLength(at: number, length: number, base: number): number {
  if (length <= 55) {
    scratch[at] = base + length;
    return at + 1;
  }
  const size = lengthOfLength(length) - 1;
  scratch[at] = base + 55 + size;
  for (let i = 0, rest = length; i < size; i++, rest = Math.floor(rest / 256)) scratch[at + size - i] = rest & 0xff;
  return at + 1 + size;
}

function reserve(bytes: number): void {
  if (bytes > scratch.length) scratch = new Uint8Array(2 * bytes);
}
