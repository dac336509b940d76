import type { BlockNode } from "./block-tree.ts";

/** Blocks below the head whose payloads stay in memory: enough for peers that are a little behind. */
const KEPT_BLOCKS = 64;

/** Forgets the payloads of old blocks, which may be 2 MiB each; the shell's store serves those. */
export class RecentPayloads {
  /** Blocks with a payload, in the order in which they came. */
  readonly #blocks: BlockNode[] = [];

  keep(block: BlockNode | undefined): void {
    if (block?.payload !== undefined) this.#blocks.push(block);
  }

  dropBelow(head: BlockNode | undefined): void {
    const floor = (head?.depth ?? 0) - KEPT_BLOCKS;
    for (let oldest = this.#blocks[0]; oldest !== undefined && oldest.depth <= floor; oldest = this.#blocks[0]) {
      oldest.payload = undefined;
      this.#blocks.shift();
    }
  }
}
