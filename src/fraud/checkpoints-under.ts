import { UserError } from "../errors.ts";
import type { BlockProof } from "../proofs/index.ts";
import type { CheckpointLookup } from "./check-file.ts";
import type { Challenge } from "./evidence.ts";
import { readEvidence } from "./evidence-shapes.ts";
import { blockOf, type Inclusion } from "./inclusion-file.ts";
import type { NamedCheckpoint } from "./named-checkpoints.ts";

/** Either content of a proof file. */
export type ProofContent = { readonly inclusion: Inclusion } | { readonly challenge: Challenge };

/** Every block that a proof speaks of; none for contradictions between two signatures. */
export function blocksOf(content: ProofContent): readonly BlockProof[] {
  return "inclusion" in content ? [blockOf(content.inclusion)] : readEvidence(content.challenge).blocks;
}

export function checkpointNumbers(content: ProofContent): readonly bigint[] {
  return [...new Set(blocksOf(content).map(({ checkpoint }) => checkpoint))];
}

/**
 * The checkpoints that a proof leads to, for its file to name.
 *
 * @throws {UserError} KOMA_E_CHECKPOINT_NOT_FOUND when one was rolled back meanwhile
 */
export async function checkpointsUnder(
  content: ProofContent,
  checkpoint: CheckpointLookup["live"],
): Promise<readonly NamedCheckpoint[]> {
  return Promise.all(
    checkpointNumbers(content).map(async (number) => {
      const found = await checkpoint(number);
      if (found) return { checkpoint: number, start: found.start, end: found.end, rootHash: found.rootHash };
      throw new UserError("KOMA_E_CHECKPOINT_NOT_FOUND", `Checkpoint ${number} is not on the root chain any more.`, {
        facts: { checkpoint: number },
        fix: ["koma checkpoint list"],
      });
    }),
  );
}
