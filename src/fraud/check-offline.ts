import { UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import {
  type CheckedFile,
  type CheckpointLookup,
  checkChallenge,
  checkInclusion,
  type FileCheck,
} from "./check-file.ts";
import { checkpointNumbers, type ProofContent } from "./checkpoints-under.ts";
import { blockOf } from "./inclusion-file.ts";
import type { NamedCheckpoint } from "./named-checkpoints.ts";

/** What a file is checked against when nobody is asked. */
export interface OfflineFacts {
  /** As the file names them. */
  readonly named: readonly NamedCheckpoint[];
  /** Roots that the person trusts. */
  readonly roots: readonly Hash[];
}

/**
 * Checks a proof file with nothing but the roots of checkpoints: no node, no root chain. Only the root of a checkpoint has to
 * be trusted; where a block stands below it, its leaf says itself.
 *
 * @throws {UserError} KOMA_E_PROOF_MALFORMED when the file does not name a checkpoint that its proofs lead to
 * @throws {UserError} KOMA_E_PROOF_NEEDS_ROOT_CHAIN for a kind that contradicts something only the root chain has
 */
export async function checkOffline(content: ProofContent, { named, roots }: OfflineFacts): Promise<CheckedFile> {
  const given = checkpointNumbers(content).map((number) => rootGiven(number, named, roots));
  if (given.some(({ ok }) => !ok)) return { outcome: "does-not-hold", checks: given };
  if ("inclusion" in content) {
    return checkInclusion(content.inclusion, offlineLookup(blockOf(content.inclusion).chainId, named));
  }
  const { outcome, checks } = await checkChallenge(content.challenge, offlineLookup(content.challenge.chainId, named));
  return { outcome, checks: [...given, ...checks] };
}

const PLACE = "has a root that was given";

function rootGiven(number: bigint, named: readonly NamedCheckpoint[], roots: readonly Hash[]): FileCheck {
  const checkpoint = named.find((each) => each.checkpoint === number);
  if (!checkpoint) {
    throw new UserError(
      "KOMA_E_PROOF_MALFORMED",
      `The proof file does not name checkpoint ${number}, which it leads to.`,
      {
        facts: { checkpoint: number },
        fix: ["Write it anew, or check it with the root chain: leave --root out."],
      },
    );
  }
  const ok = roots.includes(checkpoint.rootHash);
  return { name: `checkpoint ${number} ${PLACE}`, ok, ...(ok ? {} : { detail: `it names ${checkpoint.rootHash}` }) };
}

function offlineLookup(chainId: bigint, named: readonly NamedCheckpoint[]): CheckpointLookup {
  const needed = async (): Promise<never> => {
    throw new UserError("KOMA_E_PROOF_NEEDS_ROOT_CHAIN", "Only the root chain shows whether this proof holds.", {
      facts: { why: "It contradicts a deposit or a mapped token, which no checkpoint's root holds." },
      fix: ["Leave --root out, with the network running."],
    });
  };
  return {
    place: PLACE,
    async live(number) {
      const found = named.find(({ checkpoint }) => checkpoint === number);
      return found && { chainId, number, start: found.start, end: found.end, rootHash: found.rootHash };
    },
    rolledBack: async () => [],
    rootTokenOf: needed,
    childTokenOf: needed,
    depositHash: needed,
  };
}
