import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { UnitHash } from "./unit.ts";

/** A proposed block. Its identity in consensus is the unit that carries it. */
export interface BlockNode {
  readonly unit: UnitHash;
  readonly creator: ValidatorIndex;
  /** Undefined: the era's key block. */
  readonly parent: BlockNode | undefined;
  /** Height in the chain. */
  readonly height: number;
  /** Blocks between the key block and this one, this one included; 1 for the era's first. */
  readonly depth: number;
  /** Start of the slot it was proposed in. */
  readonly t: Timestamp;
  /** keccak256 of the payload. */
  readonly payloadHash: Hash;
  /** Last block of the era: nothing may build on it. */
  readonly terminal: boolean;
  /** `skip[j]` is the ancestor 2^j blocks up, present while 2^j divides the depth; `skip[0]` is the parent. */
  readonly skip: readonly (BlockNode | undefined)[];
  /** Forgotten once the block is deep in the chain; the shell's store has it then. */
  payload: Bytes | undefined;
}

/** Skip pointers of a block at `depth` on `parent`. */
export function skipPointers(parent: BlockNode | undefined, depth: number): readonly (BlockNode | undefined)[] {
  const skip: (BlockNode | undefined)[] = [parent];
  for (let step = 2; step <= depth && depth % step === 0; step *= 2) {
    skip.push(parent === undefined ? undefined : ancestorAtDepth(parent, depth - step));
  }
  return skip;
}

/** The ancestor (or the block itself) at `depth`; undefined above the block and for depth 0, the key block. */
export function ancestorAtDepth(block: BlockNode, depth: number): BlockNode | undefined {
  let at: BlockNode | undefined = block;
  while (at !== undefined && at.depth > depth) {
    const gap: number = at.depth - depth;
    let j: number = at.skip.length - 1;
    while (j > 0 && 2 ** j > gap) j--;
    at = at.skip[j];
  }
  return at === undefined || at.depth < depth ? undefined : at;
}

/** True when `block` is `ancestor` or descends from it. */
export function descendsFrom(block: BlockNode | undefined, ancestor: BlockNode): boolean {
  return block !== undefined && block.depth >= ancestor.depth && ancestorAtDepth(block, ancestor.depth) === ancestor;
}

/** The deepest block both are or descend from; undefined: only the key block. */
export function commonAncestor(a: BlockNode, b: BlockNode): BlockNode | undefined {
  const depth = Math.min(a.depth, b.depth);
  let left = ancestorAtDepth(a, depth);
  let right = ancestorAtDepth(b, depth);
  while (left !== right && left !== undefined && right !== undefined) {
    // Equal depth means equal pointers: the longest jump that still ends apart loses no common ancestor.
    let j = left.skip.length - 1;
    while (j > 0 && left.skip[j] === right.skip[j]) j--;
    left = left.skip[j];
    right = right.skip[j];
  }
  return left === right ? left : undefined;
}
