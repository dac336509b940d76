import { emptyTrieRoot, orderedKey } from "../chain/index.ts";
import {
  accept,
  type Bytes,
  bytesToHex,
  type Check,
  decodeRlp,
  encodeRlp,
  equalBytes,
  type Hash,
  hashToBytes,
  keccak256,
  type RlpItem,
  reject,
} from "../primitives/index.ts";
import type { ProofRejection, TrieFault } from "./proof-rejection.ts";

/**
 * Value of `key` under `root`, or undefined when the nodes prove that there is none.
 *
 * The walk is as strict as the root contracts': canonical RLP, exact paths, no node left over, no value in a branch (all
 * keys of these tries have one length or none is another's prefix), and a node of under 32 bytes only inside its parent.
 *
 * @param nodes  encoded nodes that are referred to by hash, root first; none for an empty trie
 * @see KOMA root contracts, proof rules P2 to P4
 */
export function verifyTrieProof(
  root: Hash,
  key: Bytes,
  nodes: readonly Bytes[],
): Check<Bytes | undefined, ProofRejection> {
  if (root === emptyTrieRoot && nodes.length === 0) return accept(undefined);
  const end = walk(hashToBytes(root), key, nodes);
  if (end.kind === "value") return accept(end.value);
  if (end.kind === "branchValue") return reject({ code: "BranchValue" });
  if (end.kind === "fault") return badTrieProof(end.fault);
  return end.node === nodes.length - 1 ? accept(undefined) : badTrieProof("Superfluous");
}

/** As {@link verifyTrieProof} for a key that must be there: an absent one is refused with the contracts' reason. */
export function trieValueAt(root: Hash, key: Bytes, nodes: readonly Bytes[]): Check<Bytes, ProofRejection> {
  const end = walk(hashToBytes(root), key, nodes);
  if (end.kind === "value") return accept(end.value);
  if (end.kind === "branchValue") return reject({ code: "BranchValue" });
  return badTrieProof(end.kind === "fault" ? end.fault : end.why);
}

/** Item `index` of a list with this root: a transaction of a block, or a receipt. The key is derived, never given. */
export function listItemAt(root: Hash, index: number, nodes: readonly Bytes[]): Check<Bytes, ProofRejection> {
  return trieValueAt(root, orderedKey(index), nodes);
}

type End =
  | { readonly kind: "value"; readonly value: Bytes }
  | { readonly kind: "absent"; readonly why: "Absent" | "Key"; readonly node: number }
  | { readonly kind: "branchValue" }
  | { readonly kind: "fault"; readonly fault: TrieFault };

type Step =
  | End
  | { readonly kind: "child"; readonly reference: RlpItem; readonly position: number }
  | { readonly kind: "leaf"; readonly value: RlpItem };

function walk(root: Bytes, key: Bytes, nodes: readonly Bytes[]): End {
  const path = [...key].flatMap((byte) => [byte >> 4, byte & 15]);
  let expected = root;
  let position = 0;
  for (const [i, encoded] of nodes.entries()) {
    if (!equalBytes(keccak256(encoded), expected)) return fault(i === 0 ? "Root" : "Node");
    // Only the root is referred to by hash when it is that short.
    if (i > 0 && encoded.length < 32) return fault("Malformed");
    const rlp = decodeRlp(encoded);
    if (!rlp.ok) return fault("Malformed");
    let node: RlpItem = rlp.value;
    // One turn for this node, and one for each node that stands inside it on the way.
    for (;;) {
      const step = stepInto(node, path, position, i);
      if (step.kind === "leaf") {
        if (i !== nodes.length - 1) return fault("Superfluous");
        const { value } = step;
        return value instanceof Uint8Array && value.length > 0 ? { kind: "value", value } : fault("Value");
      }
      if (step.kind !== "child") return step;
      position = step.position;
      const { reference } = step;
      if (reference instanceof Uint8Array) {
        if (reference.length === 0) return { kind: "absent", why: "Absent", node: i };
        if (reference.length !== 32) return fault("Malformed");
        expected = reference;
        break;
      }
      if (encodeRlp(reference).length >= 32) return fault("Malformed");
      node = reference;
    }
  }
  return fault("Truncated");
}

function stepInto(node: RlpItem, path: readonly number[], position: number, index: number): Step {
  if (node instanceof Uint8Array) return fault("Malformed");
  if (node.length === 17) {
    const nibble = path[position];
    if (nibble === undefined) return { kind: "branchValue" };
    return { kind: "child", reference: node[nibble] as RlpItem, position: position + 1 };
  }
  const [prefix, next] = node;
  if (node.length !== 2 || !(prefix instanceof Uint8Array) || next === undefined) return fault("Malformed");
  const read = readPath(prefix);
  if (read === undefined) return fault("Path");
  if (!read.isLeaf && read.nibbles.length === 0) return fault("EmptyExtension");
  const end = position + read.nibbles.length;
  const matches = read.nibbles.every((nibble, i) => path[position + i] === nibble);
  if (!matches || (read.isLeaf && end !== path.length)) return { kind: "absent", why: "Key", node: index };
  return read.isLeaf ? { kind: "leaf", value: next } : { kind: "child", reference: next, position: end };
}

/** Hex-prefix decoding: 0 and 1 are extensions, 2 and 3 leaves; odd ones carry their first nibble beside the flag. */
function readPath(prefix: Bytes): { readonly isLeaf: boolean; readonly nibbles: readonly number[] } | undefined {
  const first = prefix[0];
  if (first === undefined || first >> 4 > 3) return undefined;
  const odd = (first & 0x10) !== 0;
  if (!odd && (first & 15) !== 0) return undefined;
  const rest = [...prefix.subarray(1)].flatMap((byte) => [byte >> 4, byte & 15]);
  return { isLeaf: (first & 0x20) !== 0, nibbles: odd ? [first & 15, ...rest] : rest };
}

function fault(name: TrieFault): { readonly kind: "fault"; readonly fault: TrieFault } {
  return { kind: "fault", fault: name };
}

function badTrieProof(name: TrieFault): { readonly ok: false; readonly rejection: ProofRejection } {
  return reject({ code: "BadTrieProof", fault: name });
}

/** Nodes as hex, the form in which proofs travel. */
export function nodesToHex(nodes: readonly Bytes[]) {
  return nodes.map(bytesToHex);
}
