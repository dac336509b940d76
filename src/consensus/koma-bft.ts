import type { Bytes, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex, Weight } from "./committee.ts";
import type { BlockRef, Effect, Timer } from "./effects.ts";
import type { Endorsement } from "./endorsement.ts";
import type { OwnEndorsed } from "./endorser.ts";
import type { RoundMarks } from "./era-participation.ts";
import type { MemberWork } from "./era-work.ts";
import type { Evidence } from "./evidence.ts";
import type { Instance } from "./instance.ts";
import type { Slot } from "./leader.ts";
import type { ConsensusMessage, PeerId } from "./messages.ts";
import type { RoundLengthState } from "./round-length.ts";
import type { OwnHead } from "./schedule.ts";
import type { Confidence } from "./summit.ts";
import { defaultSyncLimits, type SyncLimits } from "./synchronizer.ts";
import type { UnitHash, WireUnit } from "./unit.ts";
import type { OwnValidator } from "./unit-maker.ts";
import type { RecentUnits, UnitView } from "./unit-view.ts";

/** What a node decides for itself; nothing of it is visible to others but in the timing of its units. */
export interface LocalOptions extends SyncLimits {
  /** How often a peer is asked for its state once nothing is missing. */
  readonly requestStateMs: number;
  /** The same while something is. */
  readonly requestStateBehindMs: number;
  /** Exponent of this validator's first rounds; the exponent of its last stored unit comes before it. */
  readonly roundExp: number;
  /** The round length an earlier era ended with (`status().roundLength`); comes before `roundExp` and the store. */
  readonly roundLength: RoundLengthState | undefined;
  /** How long after its slot began this node may propose; undefined: min(max(R/6, 150), R/3) ms. */
  readonly proposalWindowMs: number | undefined;
  /** Witness as soon as everybody online has confirmed: final sooner, and more sensitive to who counts as online. */
  readonly earlyWitness: boolean;
  /** How long a validator without stored units listens before it signs; undefined: two maximal rounds. */
  readonly listenMs: number | undefined;
  /** Forward units once they are valid: for networks in which not everybody is connected to everybody. */
  readonly relay: boolean;
}

export const defaultLocalOptions: LocalOptions = {
  ...defaultSyncLimits,
  requestStateMs: 10_000,
  requestStateBehindMs: 1_000,
  roundExp: 0,
  roundLength: undefined,
  proposalWindowMs: undefined,
  earlyWitness: false,
  listenMs: undefined,
  relay: false,
};

export interface KomaBftConfig {
  readonly instance: Instance;
  /** The era before this one in its generation: evidence from it counts here too. Every node has to know it, or none. */
  readonly previous?: Instance | undefined;
  /** Shares of the weight, in (0, 1]: at least that much must equivocate to undo a block called final. */
  readonly thresholds: readonly number[];
  /** Undefined: an observer. */
  readonly own?: OwnValidator;
  /** When validators were last heard of in the era before: without it a new era would begin with nobody online. */
  readonly heard?: ReadonlyMap<ValidatorIndex, Timestamp>;
  readonly local?: Partial<LocalOptions>;
}

/**
 * A unit from the store. Leave the payload out for blocks up to `executed`: it is not needed, and all of them together
 * may be large.
 */
export interface StoredUnit {
  readonly unit: WireUnit;
  readonly payload?: Bytes | undefined;
}

export interface StoredState {
  /** In the order in which they were persisted. */
  readonly units: Iterable<StoredUnit>;
  /** The last unit we signed in this instance, from the store's compare-and-set row. */
  readonly ownHead?: OwnHead | undefined;
  /** The store may have lost what we signed in this instance: nothing is signed in it any more (KoMaBFT spec 14). */
  readonly amnesia?: boolean;
  /** Everything handed out with `persistEndorsement`. */
  readonly endorsements?: Iterable<Endorsement>;
  /** Per creator the unit that our last endorsement was for, from the store's compare-and-set rows. */
  readonly ownEndorsed?: Iterable<OwnEndorsed>;
  /** Evidence handed out with `reportFault`, of this instance and of the era before. */
  readonly evidence?: readonly Evidence[];
  /** Last block reported final, per threshold weight. */
  readonly finals?: readonly { readonly threshold: Weight; readonly block: UnitHash }[];
  /** Last block whose execution is durable; those above it are given out with `validateBlock` again. */
  readonly executed?: UnitHash;
}

export interface KomaBftStatus {
  readonly instance: Instance;
  readonly generation: number;
  readonly era: number;
  /** Start of the current base slot and of our round. */
  readonly slot: Slot;
  readonly round: Slot;
  /** Exponent of our running round, and what the last rounds taught; undefined for an observer. */
  readonly roundExp: number | undefined;
  readonly roundLength: RoundLengthState | undefined;
  /** Who may propose in the current slot on the head as it is now. */
  readonly leader: ValidatorIndex;
  readonly units: number;
  readonly pendingUnits: number;
  readonly evidence: readonly Evidence[];
  readonly faultyWeight: Weight;
  readonly onlineWeight: Weight;
  readonly totalWeight: Weight;
  /** At most half of the weight is online: this node makes no units. */
  readonly paused: boolean;
  readonly synced: boolean;
  /** A doppelgänger was seen: this node signs nothing. */
  readonly stopped: boolean;
  /** The store may have lost what this node signed in this instance: it signs nothing until the next one. */
  readonly observing: boolean;
  readonly head: BlockRef | undefined;
  readonly finals: readonly {
    readonly threshold: Weight;
    readonly fraction: number;
    readonly violated: boolean;
    readonly last: BlockRef | undefined;
  }[];
  readonly validators: readonly {
    readonly index: ValidatorIndex;
    readonly online: boolean;
    readonly faulty: boolean;
    readonly lastHeard: Timestamp | undefined;
    /** Sequence number of its latest unit in the state. */
    readonly seq: number | undefined;
  }[];
}

/**
 * One instance of KoMaBFT: messages and time go in, effects come out. Perform effects in order (see {@link Effect}) and
 * hand their answers back; never call into the object while performing.
 */
export interface KomaBft {
  readonly instance: Instance;
  /** Loads what the store kept; once, before `start`. */
  restore(stored: StoredState): readonly Effect[];
  start(now: Timestamp): readonly Effect[];
  handleMessage(message: ConsensusMessage, from: PeerId, now: Timestamp): readonly Effect[];
  handleTimer(timer: Timer, now: Timestamp): readonly Effect[];
  /** Answer to `buildBlock`; undefined: no block in this slot. Ignored after its deadline. */
  propose(slot: Slot, payload: Bytes | undefined, now: Timestamp): readonly Effect[];
  /** Answer to `validateBlock`; `unavailable`: could not be judged yet, ask again. */
  resolveBlock(block: UnitHash, verdict: "valid" | "invalid" | "unavailable", now: Timestamp): readonly Effect[];
  /** How strongly a block is final now, and why; undefined for a block that is not in the state. */
  confidence(block: UnitHash): Confidence | undefined;
  /**
   * Watches these thresholds from now on, see `KomaBftConfig`. What is final at a new one already is not reported; `status`
   * says how far that is.
   */
  watch(thresholds: readonly number[]): readonly Effect[];
  /** The block that the whole state prefers; undefined: the key block. */
  head(): BlockRef | undefined;
  block(unit: UnitHash): BlockRef | undefined;
  /** Who took part in the era's rounds, as the unit of its switch block shows it. @throws {BugError} without that unit */
  participation(switchUnit: UnitHash): readonly RoundMarks[];
  /** Blocks and rounds of everybody in the same era, from its `participation`. @throws {BugError} without that unit */
  work(switchUnit: UnitHash, rounds: readonly RoundMarks[]): readonly MemberWork[];
  /** The newest units of the state, oldest first. */
  units(asked: RecentUnits): readonly UnitView[];
  status(now: Timestamp): KomaBftStatus;
}
