import type { Bytes, Hash } from "../primitives/index.ts";
import { type Era, type EraRules, instanceOfEra, nextEra, type SwitchBlock } from "./era.ts";
import { decodeEraEnd, type EraEnd } from "./era-end.ts";
import { verifyFinalityProof } from "./finality-signature.ts";
import type { Instance } from "./instance.ts";
import { checkContent } from "./validity.ts";

/** The end of an era that this node did not see, proven by those who did. */
export interface ProvenEnd {
  readonly instance: Instance;
  readonly switchBlock: SwitchBlock;
  /** keccak256 of the switch block's encoding. */
  readonly payloadHash: Hash;
  /** As the peer sent it. */
  readonly end: EraEnd;
  /**
   * The era that begins on the switch block, if the root chain's set is the one that the peer names. Proofs of later eras
   * vouch for that, because instance ids bind it; of the last one only the block itself can tell.
   */
  readonly next: Era;
}

/**
 * The ends that are proven: every one is bound by the instance ids of the eras after it, so the last proof vouches for all.
 *
 * @returns undefined when an end contradicts its era
 */
export function followEnds(rules: EraRules, from: Era, ends: readonly Bytes[]): readonly ProvenEnd[] | undefined {
  const found: ProvenEnd[] = [];
  let proven = 0;
  let era = from;
  for (const bytes of ends) {
    const end = decodeEraEnd(bytes);
    const instance = instanceOfEra(rules, era);
    const checked = end && checkContent(end.unit, instance);
    if (!end || !checked?.ok) return undefined;
    const { observations, blockHash, t } = checked.value.body;
    const { block, height, unit } = end.proof;
    const isSlot = t % rules.params.baseRoundMs === 0 && Number.isSafeInteger(t + rules.params.baseRoundMs);
    if (!blockHash || !isSlot || height <= era.keyBlock.height || unit !== checked.value.hash) return undefined;
    const switchBlock = { hash: block, height, t, observations, staked: end.staked };
    const next = nextEra(era, switchBlock, rules);
    found.push({ instance, switchBlock, payloadHash: blockHash, end, next });
    const proof = verifyFinalityProof(end.proof, instance);
    if (proof.ok) proven = found.length;
    // Too few signatures are no lie: the next era's may vouch for this one too.
    else if (proof.rejection.code !== "TooLittleWeight") return undefined;
    era = next;
  }
  return found.slice(0, proven);
}
