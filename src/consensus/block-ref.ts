import type { BlockNode } from "./block-tree.ts";
import type { BlockRef } from "./effects.ts";

/** The block as the shell is told of it. */
export function blockRef(block: BlockNode): BlockRef {
  const { unit, height, creator, t, payloadHash, payload, terminal } = block;
  return { unit, parent: block.parent?.unit, height, creator, t, payloadHash, payload, terminal };
}
