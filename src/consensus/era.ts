import { type Address, type Hash, type Timestamp, timestamp } from "../primitives/index.ts";
import { type Committee, indexOfSigner, type StakedValidator, type ValidatorIndex } from "./committee.ts";
import { type ConsensusParams, createInstance, type Instance, type KeyBlock, nextEraSeed } from "./instance.ts";
import type { Slot } from "./leader.ts";
import { rotate, withoutOffice } from "./rotation.ts";
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
  /** Committee of the era after this one: whoever joins or leaves knows it for a whole era. */
  readonly following: Committee;
  /**
   * Signers that were proven faulty, and that the root chain has kept in its set since. They are in no committee until it
   * has taken note: jailed them, or let them go.
   */
  readonly leftOut: readonly Address[];
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
  /** The root chain's validators in the state after the block; undefined on a chain whose state has none. */
  readonly staked?: readonly StakedValidator[] | undefined;
}

export interface Recovery {
  readonly generation: number;
  /** Last block of the last good checkpoint. */
  readonly keyBlock: KeyBlock;
  readonly start: Timestamp;
  /** Producers that the root chain removed from their office. */
  readonly ejected: readonly Address[];
  /** The root chain's validators in the state after the key block; undefined on a chain whose state has none. */
  readonly staked?: readonly StakedValidator[] | undefined;
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
    following: committee,
    leftOut: [],
    banned: [],
    excluded: [],
  };
}

/**
 * The era after the one that `switchBlock` ends. A function of the switch block's own past and of the state after it: two
 * nodes that know the same block know the same era, whatever else either of them has seen (KoMaBFT spec 13, I-31, I-32).
 * Its committee was fixed by the switch block before; this one fixes the committee of the era after it.
 *
 * @param rules for the length of a slot: the era starts in the slot after the switch block's
 */
export function nextEra(era: Era, switchBlock: SwitchBlock, { params }: Pick<EraRules, "params">): Era {
  const committee = era.following;
  const { staked } = switchBlock;
  const signerOf = (index: ValidatorIndex) => era.committee.validators[index]?.signer as Address;
  const alreadyBanned = new Set(era.banned);
  const faulty: Address[] = [];
  const banned: ValidatorIndex[] = [];
  const silent: ValidatorIndex[] = [];
  switchBlock.observations.forEach((seen, index) => {
    if (index >= era.committee.validators.length) return;
    if (seen === SEEN_FAULTY) faulty.push(signerOf(index));
    const successor = indexOfSigner(committee, signerOf(index));
    if (successor === undefined) return;
    if (seen === SEEN_FAULTY && !alreadyBanned.has(index)) banned.push(successor);
    else if (seen === SEEN_NOTHING && committee.validators[successor]?.producer) silent.push(successor);
  });
  const out = new Set([...era.leftOut, ...faulty]);
  return {
    generation: era.generation,
    number: era.number + 1,
    keyBlock: { hash: switchBlock.hash, height: switchBlock.height },
    start: timestamp(switchBlock.t + params.baseRoundMs),
    seed: nextEraSeed(era.seed, era.keyBlock.hash),
    committee,
    following: rotate(staked, committee, out, params).committee,
    leftOut: stillStaked(out, staked),
    banned: inOrder(banned),
    excluded: excludedFrom(committee, banned, silent),
  };
}

/** Whom the root chain still counts. Without a set of it nobody takes note of anything, and whoever is left out stays so. */
function stillStaked(
  signers: ReadonlySet<Address>,
  staked: readonly StakedValidator[] | undefined,
): readonly Address[] {
  const known = new Set((staked ?? []).filter(({ stake }) => stake > 0n).map(({ signer }) => signer));
  return [...signers].filter((signer) => known.size === 0 || known.has(signer)).sort();
}

/**
 * The era that begins where the root chain took blocks back, in a generation of its own. Its committee is that of the state
 * after its key block, and nothing of the eras before counts: a node that comes with these blocks and no more finds the
 * same.
 *
 * @param last committee that goes on where the state names none
 */
export function recoveryEra(
  last: Committee,
  { generation, keyBlock, start, ejected, staked }: Recovery,
  { params }: Pick<EraRules, "params">,
): Era {
  const committee = withoutOffice(rotate(staked, last, new Set(), params).committee, ejected);
  return {
    generation,
    // Counted anew: a node that comes without any block knows the rejection, and not how many eras went before it.
    number: 0,
    keyBlock,
    start,
    seed: keyBlock.hash,
    committee,
    following: committee,
    leftOut: [],
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
    following: era.following,
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
