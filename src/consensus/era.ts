import { type Address, type Hash, type Timestamp, timestamp } from "../primitives/index.ts";
import { type Committee, createCommittee, indexOfSigner, type ValidatorIndex } from "./committee.ts";
import { type ConsensusParams, createInstance, type Instance, type KeyBlock, nextEraSeed } from "./instance.ts";
import type { Slot } from "./leader.ts";
import { SEEN_FAULTY, SEEN_NOTHING } from "./unit.ts";

/** One era: everything that its instance id binds besides the chain itself. Equal on every node. */
export interface Era {
  /** Rollbacks ordered by the root chain before it. */
  readonly generation: number;
  /** Counted from 0 in every generation. */
  readonly number: number;
  /** Last block of the era before: its switch block; or genesis, or where a recovery begins. */
  readonly keyBlock: KeyBlock;
  readonly start: Timestamp;
  readonly seed: Hash;
  readonly committee: Committee;
  /** Proven to have equivocated in the era before: their units are invalid, their weight still counts. */
  readonly banned: readonly ValidatorIndex[];
  /** Producers whose slots go to others. */
  readonly excluded: readonly ValidatorIndex[];
}

/** What all eras of one chain have in common. */
export interface EraRules {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
  readonly params: ConsensusParams;
}

/** The last block of an era, as its unit and the chain know it. */
export interface SwitchBlock {
  /** Hash of the chain's block. */
  readonly hash: Hash;
  readonly height: number;
  readonly t: Slot;
  /** `observations` of the body of the unit that carries the block: who was seen, and who was seen as faulty. */
  readonly observations: readonly number[];
}

export interface Recovery {
  readonly generation: number;
  /** Last block of the last good checkpoint. */
  readonly keyBlock: KeyBlock;
  readonly start: Timestamp;
  /** Producers that the root chain removed from their office. */
  readonly ejected: readonly Address[];
}

/** The era that begins on genesis. */
export function firstEra(genesisHash: Hash, committee: Committee, start: Timestamp): Era {
  return {
    generation: 0,
    number: 0,
    keyBlock: { hash: genesisHash, height: 0 },
    start,
    seed: genesisHash,
    committee,
    banned: [],
    excluded: [],
  };
}

/**
 * The era after the one that `switchBlock` ends. A function of the switch block's own past: two nodes that know the same
 * block know the same era, whatever else either of them has seen (KoMaBFT spec 13, I-31, I-32).
 *
 * @param rules for the length of a slot: the era starts in the slot after the switch block's
 */
export function nextEra(era: Era, switchBlock: SwitchBlock, { params }: Pick<EraRules, "params">): Era {
  const committee = committeeAfter(era);
  const successorOf = (index: ValidatorIndex) =>
    indexOfSigner(committee, era.committee.validators[index]?.signer as Address);
  const alreadyBanned = new Set(era.banned);
  const banned: ValidatorIndex[] = [];
  const silent: ValidatorIndex[] = [];
  switchBlock.observations.forEach((seen, index) => {
    const successor = successorOf(index);
    if (successor === undefined) return;
    if (seen === SEEN_FAULTY && !alreadyBanned.has(index)) banned.push(successor);
    else if (seen === SEEN_NOTHING && committee.validators[successor]?.producer) silent.push(successor);
  });
  return {
    generation: era.generation,
    number: era.number + 1,
    keyBlock: { hash: switchBlock.hash, height: switchBlock.height },
    start: timestamp(switchBlock.t + params.baseRoundMs),
    seed: nextEraSeed(era.seed, era.keyBlock.hash),
    committee,
    banned: inOrder(banned),
    excluded: excludedFrom(committee, banned, silent),
  };
}

/**
 * Who is in the era after `era`: the one place where the set rotates. Validators banned in `era` were proven faulty in the
 * era before it and are left out. Stake and elections of the root chain are to come in here, as the state after the switch
 * block of the era before `era` has them.
 */
function committeeAfter({ committee, banned }: Era): Committee {
  const staying = committee.validators.filter((_, index) => !banned.includes(index));
  // Half of the weight proven faulty stops the chain long before: this only keeps the function total.
  return staying.length === 0 || staying.length === committee.validators.length ? committee : createCommittee(staying);
}

/** The era that begins where the root chain took blocks back, in a generation of its own. */
export function recoveryEra(era: Era, { generation, keyBlock, start, ejected }: Recovery): Era {
  const staying = committeeAfter(era);
  const isOut = (signer: Address) => ejected.includes(signer);
  const left = staying.validators.filter(({ producer, signer }) => producer && !isOut(signer));
  // A chain without any producer would depend on open slots alone: the last ones stay until others are elected.
  const committee =
    left.length === 0
      ? staying
      : createCommittee(
          staying.validators.map((validator) =>
            isOut(validator.signer) ? { ...validator, producer: false } : validator,
          ),
        );
  return {
    generation,
    // Counted anew: a node that comes without any block knows the rejection, and not how many eras went before it.
    number: 0,
    keyBlock,
    start,
    seed: keyBlock.hash,
    committee,
    banned: [],
    excluded: [],
  };
}

/** The instance that an era runs in. */
export function instanceOfEra({ chainId, genesisHash, params }: EraRules, era: Era): Instance {
  return createInstance({
    chainId,
    genesisHash,
    params,
    generation: era.generation,
    era: era.number,
    keyBlock: era.keyBlock,
    eraStart: era.start,
    seed: era.seed,
    committee: era.committee,
    banned: era.banned,
    excluded: era.excluded,
  });
}

/** Banned producers never lead; silent ones only if nobody else could. */
function excludedFrom(
  committee: Committee,
  banned: readonly ValidatorIndex[],
  silent: readonly ValidatorIndex[],
): readonly ValidatorIndex[] {
  const producers = committee.validators.flatMap(({ producer }, index) => (producer ? [index] : []));
  const out = producers.filter((index) => banned.includes(index) || silent.includes(index));
  return inOrder(out.length < producers.length ? out : producers.filter((index) => banned.includes(index)));
}

function inOrder(indexes: readonly ValidatorIndex[]): readonly ValidatorIndex[] {
  return [...indexes].sort((a, b) => a - b);
}
