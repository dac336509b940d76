import { type Bytes, keccakHash, signDigest, type Timestamp, timestamp } from "../primitives/index.ts";
import { blockRef } from "./block-ref.ts";
import type { BlockNode } from "./block-tree.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Dag, ValidUnit } from "./dag.ts";
import { type DagUnit, type Panorama, sees } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { forkChoice } from "./fork-choice.ts";
import { leaderOf, type Slot, sealerOf } from "./leader.ts";
import { inclusivePanorama, isCorrect, mergePanoramas, panoramaUntil } from "./panorama.ts";
import type { Presence } from "./presence.ts";
import { RoundLengthController, type RoundLengthState } from "./round-length.ts";
import { maximalRoundMs, proposalWindowMs, roundIdOf, roundLengthMs, witnessOffsetMs } from "./rounds.ts";
import { pingDigest, type UnitHash } from "./unit.ts";
import { fallbackPanorama, isCitable, makeUnit, type OwnValidator } from "./unit-maker.ts";

/** What a validator may choose for itself. */
export interface ScheduleOptions {
  /** Round exponent to begin with; that of our last stored unit comes before it. */
  readonly roundExp: number;
  /** What an earlier era taught about the round length; comes before `roundExp` and the store. */
  readonly roundLength: RoundLengthState | undefined;
  /** How long after its slot began this node may still propose, in ms. */
  readonly proposalWindowMs: number | undefined;
  /** Witness as soon as everybody who is there has confirmed, in place of two thirds of the round. */
  readonly earlyWitness: boolean;
  /** How long a node without units of its own listens before it signs, in ms. */
  readonly listenMs: number | undefined;
  /** The era before ended a moment ago in this process: nothing of this one was signed in a life before. */
  readonly succeeds?: boolean;
}

/** The last unit we signed, as the store knows it. */
export interface OwnHead {
  readonly seq: number;
  readonly hash: UnitHash;
}

/** A unit to persist, add and send, in this order. */
export interface NewUnit {
  readonly valid: ValidUnit;
  readonly payload: Bytes | undefined;
}

/** Effects, and at most one unit that the caller makes public. */
export interface Duty {
  readonly effects: readonly Effect[];
  readonly unit?: NewUnit;
}

/** Without an answer from any peer a node begins after this many base rounds: it may be the first. */
const SETTLE_ROUNDS = 2;

/** Timers of an operating system may fire a little early. */
const EARLY_MS = 20;

const NOTHING_TO_DO: Duty = { effects: [] };

/**
 * A validator's duties as a reducer: proposal at the start of a round that it leads, confirmation of the leader's
 * proposal, witness at two thirds of the round, pings while paused.
 *
 * @see KoMaBFT spec 8.1; white paper 2.3
 */
export class Schedule {
  readonly #dag: Dag;
  readonly #own: OwnValidator;
  readonly #presence: Presence;
  readonly #options: ScheduleOptions;
  #roundLength: RoundLengthController;
  /** Exponent of the round that is running. */
  #roundExp: number;
  #building: { readonly slot: Slot; readonly panorama: Panorama; readonly deadline: Timestamp } | undefined;
  #ownHead: OwnHead | undefined;
  #stopped = false;
  #observing = false;
  #listenUntil = timestamp(Number.POSITIVE_INFINITY);
  #settledAt = timestamp(Number.POSITIVE_INFINITY);
  #startedAt = timestamp(Number.POSITIVE_INFINITY);
  #lastPing = timestamp(Number.NEGATIVE_INFINITY);
  #nextPing = timestamp(Number.NEGATIVE_INFINITY);
  #pingWanted = false;

  constructor(dag: Dag, own: OwnValidator, presence: Presence, options: ScheduleOptions) {
    this.#dag = dag;
    this.#own = own;
    this.#presence = presence;
    this.#options = options;
    this.#roundLength = new RoundLengthController(
      dag,
      options.roundLength ?? { roundExp: options.roundExp, rounds: [] },
    );
    this.#roundExp = this.#roundLength.state.roundExp;
  }

  /** Another node signs with our key, or did and we forgot: nothing is signed any more in this instance. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** What we signed in this instance may be forgotten: nothing more is signed in it. */
  get observing(): boolean {
    return this.#observing;
  }

  /** Exponent of the round that is running. */
  get roundExp(): number {
    return this.#roundExp;
  }

  get roundLength(): RoundLengthState {
    return this.#roundLength.state;
  }

  owns(validator: ValidatorIndex): boolean {
    return validator === this.#own.index;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Makes nothing in this instance, ever (KoMaBFT spec 14, amnesia). */
  observe(): void {
    this.#observing = true;
  }

  /** The unit that must be in the state before the next one is made. */
  resume(head: OwnHead): void {
    this.#ownHead = head;
  }

  /** True for a unit with our signature that our store does not account for. */
  isForeign(unit: DagUnit): boolean {
    if (unit.creator !== this.#own.index) return false;
    const head = this.#ownHead;
    return head === undefined || unit.seq > head.seq || (unit.seq === head.seq && unit.hash !== head.hash);
  }

  start(now: Timestamp): readonly Effect[] {
    const { eraStart, params } = this.#dag.instance;
    const lastExp = this.#ownLatest()?.roundExp;
    if (this.#options.roundLength === undefined && lastExp !== undefined) {
      this.#roundLength = new RoundLengthController(this.#dag, { roundExp: lastExp, rounds: [] });
      this.#roundExp = lastExp;
    }
    const listen = 2 * maximalRoundMs(params);
    // A store that knows our head cannot contradict it. Without one, units of ours may be out there from before it was
    // lost, unless the era is too young for that.
    const needsListening = this.#ownHead === undefined && now > eraStart + listen;
    this.#startedAt = now;
    this.#listenUntil = timestamp(now + (needsListening ? (this.#options.listenMs ?? listen) : 0));
    // In an era that has just begun there is nothing yet to wait for, and its first slot may be ours. Of the very first one
    // nobody knows whether this is our first life; where keys stand once and nobody has to be listened for, it is.
    const { era, generation } = this.#dag.instance;
    const first = era === 0 && generation === 0 && this.#options.listenMs === 0;
    const young =
      (this.#options.succeeds === true || first) &&
      this.#ownHead === undefined &&
      now < eraStart + SETTLE_ROUNDS * params.baseRoundMs;
    this.#settledAt = young ? now : timestamp(now + SETTLE_ROUNDS * params.baseRoundMs);
    const from = young ? roundIdOf(params, now, this.#roundExp) : now;
    return [this.#scheduleRound(timestamp(Math.max(from, eraStart))), ...this.#ping(now), this.#schedulePing(now)];
  }

  /** A peer has nothing that we lack: what we sign from now on rests on what the others have. */
  onSynced(now: Timestamp): void {
    if (now < this.#settledAt) this.#settledAt = now;
  }

  /**
   * A peer has much that we lack. Whoever has never signed in this instance waits until it has caught up: among what it
   * lacks may be units of its own, from before its store was lost.
   */
  onBehind(): void {
    if (this.#ownHead === undefined) this.#settledAt = timestamp(Number.POSITIVE_INFINITY);
  }

  onRoundStart(slot: Slot, now: Timestamp): Duty {
    this.#chooseRoundLength(slot, now);
    const next = this.#scheduleRound(timestamp(now + 1));
    if (roundIdOf(this.#dag.instance.params, now, this.#roundExp) !== slot) return { effects: [next] };
    const witness: Effect = {
      kind: "schedule",
      timer: { kind: "witness", slot },
      at: timestamp(slot + witnessOffsetMs(this.#roundMs())),
    };
    const lead = this.#lead(slot, now);
    return { ...lead, effects: [next, witness, ...lead.effects] };
  }

  /** The shell built a block for `slot`, or could not. */
  propose(slot: Slot, payload: Bytes | undefined, now: Timestamp): Duty {
    const building = this.#building;
    if (building?.slot !== slot) return NOTHING_TO_DO;
    this.#building = undefined;
    const latest = this.#ownLatest();
    if (payload === undefined || now > building.deadline || !this.#maySign(now)) return NOTHING_TO_DO;
    if (building.panorama[this.#own.index] !== latest) return NOTHING_TO_DO;
    // Units that arrived since are worth citing, as long as they do not move the parent that was built on.
    const { weights } = this.#dag.instance;
    const fresh = this.#everythingUntil(slot);
    const panorama = forkChoice(fresh, weights) === forkChoice(building.panorama, weights) ? fresh : building.panorama;
    return this.#make(panorama, slot, payload);
  }

  onProposeDeadline(slot: Slot): void {
    if (this.#building?.slot === slot) this.#building = undefined;
  }

  /** A block is in the state, ours or another's: the success of a round is measured by its blocks. */
  noteProposal(block: BlockNode): void {
    this.#roundLength.noteProposal(block);
  }

  /** The leader's proposal is in: confirm it, citing nothing that the leader did not cite. */
  onUnitAdded(unit: DagUnit, now: Timestamp): Duty {
    const latest = this.#ownLatest();
    if (this.#options.earlyWitness && unit.block === undefined) return this.#witnessEarly(now);
    if (unit.block === undefined || unit.creator === this.#own.index || this.#dag.isFaulty(unit.creator)) {
      return NOTHING_TO_DO;
    }
    const slot = roundIdOf(this.#dag.instance.params, now, this.#roundExp);
    const inTime = unit.t === slot && now < slot + witnessOffsetMs(this.#roundMs());
    if (!inTime || this.#building !== undefined || latest?.roundId === slot || !this.#maySign(now))
      return NOTHING_TO_DO;
    const proposal = inclusivePanorama(unit);
    const panorama = latest === undefined ? proposal : mergePanoramas(proposal, inclusivePanorama(latest));
    // Anything else would be no confirmation; the witness follows.
    return isCitable(this.#dag, this.#own.index, panorama) ? this.#make(panorama, now) : NOTHING_TO_DO;
  }

  onWitness(slot: Slot, now: Timestamp): Duty {
    const { params } = this.#dag.instance;
    if (roundIdOf(params, now, this.#roundExp) !== slot || !this.#maySign(now)) return NOTHING_TO_DO;
    const latest = this.#ownLatest();
    // Two units in this round already: a third would be invalid.
    if (latest?.roundId === slot && latest.prev?.roundId === slot) return NOTHING_TO_DO;
    const panorama = this.#everythingUntil(now);
    return panorama.some(isCorrect) ? this.#make(panorama, now) : NOTHING_TO_DO;
  }

  /** Every other validator that is there has seen the round's proposal, and so have we: waiting would add nothing. */
  #witnessEarly(now: Timestamp): Duty {
    const { params } = this.#dag.instance;
    const slot = roundIdOf(params, now, this.#roundExp);
    const [block, ...others] = this.#roundLength.proposals();
    const proposal = block && this.#dag.unit(block.unit);
    if (proposal?.t !== slot || others.length > 0) return NOTHING_TO_DO;
    const confirmed = this.#dag.latest.every((seen, i) => {
      if (seen === "faulty" || !this.#presence.isOnline(i, now)) return true;
      return seen !== undefined && (seen === proposal || sees(seen, proposal));
    });
    return confirmed ? this.onWitness(slot, now) : NOTHING_TO_DO;
  }

  onPing(now: Timestamp): readonly Effect[] {
    const wanted =
      this.#pingWanted || (this.#presence.isBelowHalf(now) && now + EARLY_MS - this.#lastPing >= this.#pingEveryMs());
    const effects = wanted ? this.#ping(now) : [];
    // An extra ping of `onNewcomer` leaves the appointment as it is; a timer may fire a little early.
    return now + EARLY_MS < this.#nextPing ? effects : [...effects, this.#schedulePing(now)];
  }

  /**
   * Somebody came back. While we pause we make no units it could hear us by, so it is told that we are here; otherwise
   * two paused nodes could take a maximal round to find each other.
   */
  onNewcomer(now: Timestamp): readonly Effect[] {
    const { baseRoundMs } = this.#dag.instance.params;
    if (now - this.#lastPing >= baseRoundMs) return this.#ping(now);
    this.#pingWanted = true;
    return [{ kind: "schedule", timer: { kind: "ping" }, at: timestamp(this.#lastPing + baseRoundMs) }];
  }

  /** True for a ping in our name that we did not send since we started. */
  isForeignPing(creator: number, t: Timestamp): boolean {
    return creator === this.#own.index && t >= this.#startedAt && t > this.#lastPing;
  }

  #lead(slot: Slot, now: Timestamp): Duty {
    if (!this.#maySign(now)) return NOTHING_TO_DO;
    const latest = this.#ownLatest();
    const deadline = timestamp(slot + (this.#options.proposalWindowMs ?? proposalWindowMs(this.#roundMs())));
    const panorama = this.#everythingUntil(slot);
    if (now > deadline || panorama[this.#own.index] !== latest || latest?.roundId === slot) return NOTHING_TO_DO;
    const { instance } = this.#dag;
    const parent = forkChoice(panorama, instance.weights);
    if (leaderOf(instance, slot, parent) !== this.#own.index || (parent !== undefined && parent.t >= slot)) {
      return NOTHING_TO_DO;
    }
    if (parent?.terminal) return panorama.some(isCorrect) ? this.#make(panorama, slot) : NOTHING_TO_DO;
    this.#building = { slot, panorama, deadline };
    return {
      effects: [
        {
          kind: "buildBlock",
          slot,
          parent: parent && blockRef(parent),
          sealer: sealerOf(instance, this.#own.index, slot, parent),
          height: (parent?.height ?? instance.keyBlock.height) + 1,
          deadline,
        },
        { kind: "schedule", timer: { kind: "proposeDeadline", slot }, at: timestamp(deadline + 1) },
      ],
    };
  }

  /** Everything that is not younger than `time`; or what may always be cited, while that would be naive. */
  #everythingUntil(time: Timestamp): Panorama {
    const panorama = panoramaUntil(this.#dag.latest, time);
    const { index } = this.#own;
    return isCitable(this.#dag, index, panorama) ? panorama : fallbackPanorama(this.#dag, index, time);
  }

  #make(panorama: Panorama, t: Timestamp, payload?: Bytes): Duty {
    const blockHash = payload && keccakHash(payload);
    const valid = makeUnit(this.#dag, this.#own, { panorama, t, roundExp: this.#roundExp, blockHash });
    this.#ownHead = { seq: valid.unit.seq, hash: valid.unit.hash };
    return { effects: [], unit: { valid, payload } };
  }

  /** Own latest unit; undefined also when we count as faulty, in which case nothing is signed anyway. */
  #ownLatest(): DagUnit | undefined {
    const latest = this.#dag.latest[this.#own.index];
    return isCorrect(latest) ? latest : undefined;
  }

  /** True when nothing that we signed before can be unknown to us. */
  mayEndorse(now: Timestamp): boolean {
    const { instance } = this.#dag;
    if (this.#stopped || this.#observing || now < this.#listenUntil || now < this.#settledAt || now < instance.eraStart)
      return false;
    if (this.#dag.isFaulty(this.#own.index)) return false;
    // The whole past of our last unit has to be here, or the next one could contradict it.
    return this.#ownHead === undefined || this.#ownLatest()?.hash === this.#ownHead.hash;
  }

  #maySign(now: Timestamp): boolean {
    if (!this.mayEndorse(now)) return false;
    if ((this.#ownLatest()?.t ?? now) > now || this.#changesLengthWithinRound(now)) return false;
    if (2 * this.#dag.faultyWeight >= this.#dag.instance.committee.total) return false;
    return !this.#presence.isBelowHalf(now);
  }

  /** Judges the round that has ended; a new length begins where a round of the longer of the two does (rule 14). */
  #chooseRoundLength(slot: Timestamp, now: Timestamp): void {
    const { params } = this.#dag.instance;
    // While this node pauses it makes no rounds: those count as failed together once it goes on.
    if (roundIdOf(params, now, this.#roundExp) !== slot || this.#presence.isBelowHalf(now)) return;
    this.#roundLength.end(slot);
    const { roundExp } = this.#roundLength.state;
    if (roundIdOf(params, slot, Math.max(roundExp, this.#roundExp)) === slot) this.#roundExp = roundExp;
    this.#roundLength.begin(slot, this.#roundExp);
  }

  /** True while a unit of ours with another round length lies in the same round: after a restart, for example. */
  #changesLengthWithinRound(now: Timestamp): boolean {
    const latest = this.#ownLatest();
    if (latest === undefined || latest.roundExp === this.#roundExp) return false;
    const longer = Math.max(latest.roundExp, this.#roundExp);
    return roundIdOf(this.#dag.instance.params, now, longer) <= latest.t;
  }

  #roundMs(): number {
    return roundLengthMs(this.#dag.instance.params, this.#roundExp);
  }

  #scheduleRound(from: Timestamp): Effect {
    const slot = timestamp(Math.ceil(from / this.#roundMs()) * this.#roundMs());
    return { kind: "schedule", timer: { kind: "roundStart", slot }, at: slot };
  }

  #ping(now: Timestamp): readonly Effect[] {
    const { instance } = this.#dag;
    this.#pingWanted = false;
    if (this.#stopped || this.#observing || this.#dag.isFaulty(this.#own.index)) return [];
    this.#lastPing = now;
    const digest = pingDigest(instance.domain, instance.id, this.#own.index, now);
    const ping = { creator: this.#own.index, t: now, signature: signDigest(digest, this.#own.privateKey) };
    return [{ kind: "broadcast", message: { instance: instance.id, kind: "ping", ping }, except: undefined }];
  }

  #pingEveryMs(): number {
    return maximalRoundMs(this.#dag.instance.params);
  }

  #schedulePing(now: Timestamp): Effect {
    this.#nextPing = timestamp(now + this.#pingEveryMs());
    return { kind: "schedule", timer: { kind: "ping" }, at: this.#nextPing };
  }
}
