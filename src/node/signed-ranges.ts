import { emptyBytes, type Hash } from "../primitives/index.ts";
import type { CheckpointRange, Store } from "../storage/index.ts";

/** Which content this node has signed for which range of blocks; durable when `record` returns. */
export function createSignedRanges(signatures: Store["signatures"]) {
  return {
    /** False when another content was signed for the range. */
    record({ generation, start, end, content }: CheckpointRange & { readonly content: Hash }): boolean {
      const range = { generation, start, end };
      const known = signatures.checkpoint(range);
      if (known) return known.structHash === content;
      signatures.recordCheckpoint(range, { structHash: content, signature: emptyBytes });
      return true;
    },
  };
}
