import type { CheckpointedBlock } from "../checkpoint/index.ts";
import { bytesToHex, type Hash, hexToBytes } from "../primitives/index.ts";
import type { Checkpoint } from "../rootchain/index.ts";

/** Kinds of misdeeds that are done to checkpoints; the blocks below them are honest. */
export const checkpointMisdeeds: readonly string[] = ["leaf-field", "double-vote"];

/** The blocks as a checkpoint tells of them whose last leaf has another time than its block. */
export function withFalseLeaf(blocks: readonly CheckpointedBlock[]): readonly CheckpointedBlock[] {
  return blocks.map((block, place) =>
    place < blocks.length - 1
      ? block
      : { hash: block.hash, header: { ...block.header, timestamp: block.header.timestamp + 1n } },
  );
}

/** A checkpoint that says something else of the same blocks. */
export function contradictCheckpoint(checkpoint: Checkpoint): Checkpoint {
  const other = Uint8Array.from(hexToBytes(checkpoint.rootHash));
  other[31] = (other[31] as number) ^ 1;
  return { ...checkpoint, rootHash: bytesToHex(other) as Hash };
}
