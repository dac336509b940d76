import {
  type Address,
  bigintToFixedBytes,
  bytesToBigint,
  concatBytes,
  hashToBytes,
  keccak256,
  type Timestamp,
} from "../primitives/index.ts";
import type { BlockNode } from "./block-tree.ts";
import type { Validator, ValidatorIndex, Weight } from "./committee.ts";
import type { Instance } from "./instance.ts";

/** Start of a slot: a multiple of `baseRoundMs` since the Unix epoch. */
export type Slot = Timestamp;

const SALT_PRODUCERS = 0;
const SALT_WITHOUT_EXCLUDED = 1;
const SALT_OPEN = 2;

/**
 * Who may propose in `slot` on `parent`. Producers lead, drawn independently for every slot; after `openGapSlots` empty
 * slots since the parent anybody may be drawn, by weight, so that no set of silent producers can halt the chain.
 *
 * A function of the slot and the parent alone: every node computes the same.
 *
 * @see KoMaBFT spec 8.2, 8.3
 */
export function leaderOf(instance: Instance, slot: Slot, parent: BlockNode | undefined): ValidatorIndex {
  const used = instance.leadersUsed.get(slot);
  if (used !== undefined) return used;
  if (isOpenSlot(instance, slot, parent))
    return drawAmong(instance, slot, SALT_OPEN, () => true, stakeWeight) as number;
  return producerOf(instance, slot);
}

/**
 * Who leads `slot` as long as blocks come without a gap: known before the slot's parent is, for the whole of an era.
 *
 * @see KoMaBFT spec 8.2
 */
export function producerOf(instance: Instance, slot: Slot): ValidatorIndex {
  const { committee, excluded } = instance;
  const isProducer = (i: ValidatorIndex) => committee.validators[i]?.producer === true;
  const first = drawAmong(instance, slot, SALT_PRODUCERS, isProducer, equalWeight);
  if (first !== undefined && !excluded.has(first)) return first;
  const second = drawAmong(
    instance,
    slot,
    SALT_WITHOUT_EXCLUDED,
    (i) => isProducer(i) && !excluded.has(i),
    equalWeight,
  );
  // Without a single producer left every slot is open.
  return second ?? (drawAmong(instance, slot, SALT_OPEN, () => true, stakeWeight) as number);
}

/** True when more than `openGapSlots` slots lie between the parent and `slot`; the era's start stands for the key block. */
export function isOpenSlot(instance: Instance, slot: Slot, parent: Pick<BlockNode, "t"> | undefined): boolean {
  const { openGapSlots, baseRoundMs } = instance.params;
  const since = parent?.t ?? instance.eraStart;
  return openGapSlots > 0 && slot > since + openGapSlots * baseRoundMs;
}

/**
 * Whose key seals the block that `leader` proposes in `slot` on `parent`, and is its coinbase: the producer key, in an open
 * slot the signer key.
 *
 * @see KoMaBFT spec 6 (rule 19), root contracts 14 (R1)
 */
export function sealerOf(
  instance: Instance,
  leader: ValidatorIndex,
  slot: Slot,
  parent: Pick<BlockNode, "t"> | undefined,
): Address {
  const { signer, producerKey } = instance.committee.validators[leader] as Validator;
  return isOpenSlot(instance, slot, parent) ? signer : (producerKey ?? signer);
}

function stakeWeight(instance: Instance, index: ValidatorIndex): Weight {
  return instance.weights[index] as Weight;
}

function equalWeight(): Weight {
  return 1;
}

/** r = keccak256(seed ‖ slot index ‖ salt) mod Σ weights; the first whose cumulative weight is above r. */
function drawAmong(
  instance: Instance,
  slot: Slot,
  salt: number,
  eligible: (index: ValidatorIndex) => boolean,
  weightOf: (instance: Instance, index: ValidatorIndex) => Weight,
): ValidatorIndex | undefined {
  let total = 0;
  for (let i = 0; i < instance.size; i++) if (eligible(i)) total += weightOf(instance, i);
  if (total === 0) return undefined;
  const slotIndex = BigInt(slot / instance.params.baseRoundMs);
  const digest = keccak256(
    concatBytes(hashToBytes(instance.seed), bigintToFixedBytes(slotIndex, 8), Uint8Array.of(salt)),
  );
  let rest = Number(bytesToBigint(digest) % BigInt(total));
  for (let i = 0; i < instance.size; i++) {
    if (!eligible(i)) continue;
    rest -= weightOf(instance, i);
    if (rest < 0) return i;
  }
  return undefined;
}
