import { BugError } from "../errors.ts";
import { type Bytes, type Timestamp, timestamp } from "../primitives/index.ts";
import { answerQuestion } from "./answers.ts";
import { blockRef } from "./block-ref.ts";
import type { BlockNode } from "./block-tree.ts";
import { BlockVerdicts } from "./block-verdicts.ts";
import type { ValidatorIndex } from "./committee.ts";
import { asBroadcast } from "./compact-unit.ts";
import { Dag, type ValidUnit } from "./dag.ts";
import type { BlockRef, Effect, Timer } from "./effects.ts";
import { EndorsementExchange } from "./endorsement-exchange.ts";
import { Endorser } from "./endorser.ts";
import { eraParticipation, type RoundMarks } from "./era-participation.ts";
import { eraWork, type MemberWork } from "./era-work.ts";
import { disconnect, Faults } from "./faults.ts";
import { confidenceIn, FinalityDetector } from "./finality.ts";
import type { Instance } from "./instance.ts";
import {
  defaultLocalOptions,
  type KomaBft,
  type KomaBftConfig,
  type KomaBftStatus,
  type LocalOptions,
  type StoredState,
} from "./koma-bft.ts";
import type { Slot } from "./leader.ts";
import { type ConsensusMessage, MAX_PAYLOAD_BYTES, type MessageBody, type PeerId, type Ping } from "./messages.ts";
import { Presence } from "./presence.ts";
import { RecentPayloads } from "./recent-payloads.ts";
import { type Duty, type NewUnit, type OwnHead, Schedule } from "./schedule.ts";
import { StateExchange } from "./state-exchange.ts";
import { describeStatus } from "./status.ts";
import { StoredUnits } from "./stored-units.ts";
import type { Confidence } from "./summit.ts";
import { Synchronizer } from "./synchronizer.ts";
import { pingDigest, type UnitHash } from "./unit.ts";
import { UnitIntake } from "./unit-intake.ts";
import { type RecentUnits, recentUnits, type UnitView } from "./unit-view.ts";
import { checkCitations } from "./validity.ts";

const PURGE_EVERY_MS = 5_000;

/** A KoMaBFT object in its initial state: `restore` it if there is a store, then `start` it. */
export function createKomaBft(config: KomaBftConfig): KomaBft {
  return new ConsensusInstance(config);
}

class ConsensusInstance implements KomaBft {
  readonly instance: Instance;
  readonly #options: LocalOptions;
  readonly #dag: Dag;
  readonly #sync: Synchronizer;
  readonly #intake: UnitIntake;
  readonly #exchange: StateExchange;
  readonly #presence: Presence;
  readonly #schedule: Schedule | undefined;
  readonly #finality: FinalityDetector;
  readonly #verdicts: BlockVerdicts;
  readonly #stored: StoredUnits;
  readonly #faults: Faults;
  readonly #endorser: Endorser | undefined;
  readonly #endorsing: EndorsementExchange;
  readonly #payloads = new RecentPayloads();
  #head: BlockNode | undefined;
  /** Revision of the state when head and finality were last looked at. */
  #concluded = 0;

  constructor(config: KomaBftConfig) {
    this.instance = config.instance;
    this.#options = { ...defaultLocalOptions, ...config.local };
    this.#dag = new Dag(this.instance);
    this.#exchange = new StateExchange(this.#dag, this.#options);
    this.#sync = new Synchronizer(this.#dag, this.#options, this.#exchange);
    this.#presence = new Presence(this.instance, config.own?.index);
    for (const [index, at] of config.heard ?? []) this.#presence.note(index, at, at);
    this.#schedule =
      config.own &&
      new Schedule(this.#dag, config.own, this.#presence, { ...this.#options, succeeds: config.heard !== undefined });
    this.#finality = new FinalityDetector(this.#dag, config.thresholds);
    this.#verdicts = new BlockVerdicts(this.#dag, this.#sync, this.#finality, this.#options);
    this.#endorser = config.own && new Endorser(this.#dag, config.own);
    const parts = { dag: this.#dag, sync: this.#sync, schedule: this.#schedule, endorser: this.#endorser };
    this.#faults = new Faults({ ...parts, finality: this.#finality, previous: config.previous });
    this.#endorsing = new EndorsementExchange({ ...parts, faults: this.#faults });
    this.#intake = new UnitIntake({
      ...parts,
      faults: this.#faults,
      limits: this.#options,
      heard: (creator, t, now) => this.#heard(creator, t, now),
    });
    this.#stored = new StoredUnits(this.#dag, this.#sync);
  }

  restore(stored: StoredState): readonly Effect[] {
    const { eraStart } = this.instance;
    if (stored.ownHead !== undefined) this.#schedule?.resume(stored.ownHead);
    if (stored.amnesia) this.#schedule?.observe();
    this.#endorser?.restore(stored.ownEndorsed ?? []);
    for (const evidence of stored.evidence ?? []) this.#faults.restore(evidence);
    for (const endorsement of stored.endorsements ?? []) this.#dag.endorsements.restore(endorsement);
    const found = this.#stored.load(stored.units);
    for (const { block } of this.#dag.order) this.#payloads.keep(block);
    for (const { threshold, block } of stored.finals ?? []) this.#finality.resume(threshold, block);
    for (const validator of this.#dag.equivocators()) this.#endorser?.onEvidence(validator);
    return [
      ...this.#stored.unexecutedBlocks(stored.executed),
      ...this.#ownHeadAgain(stored.ownHead),
      ...found.evidence.flatMap((evidence) => [...this.#faults.onEvidence(evidence, eraStart)]),
      ...this.#faults.onConflicts(found.conflicts, eraStart),
      ...this.#faults.alarms(),
      ...this.#conclude(),
    ];
  }

  start(now: Timestamp): readonly Effect[] {
    return this.#run(now, [
      ...this.#stored.retry(now),
      ...this.#exchange.request(now),
      { kind: "schedule", timer: { kind: "purge" }, at: timestamp(now + PURGE_EVERY_MS) },
      ...(this.#schedule?.start(now) ?? []),
    ]);
  }

  handleMessage(message: ConsensusMessage, from: PeerId, now: Timestamp): readonly Effect[] {
    if (message.instance !== this.instance.id) return [];
    return this.#run(now, this.#receive(message, from, now));
  }

  handleTimer(timer: Timer, now: Timestamp): readonly Effect[] {
    switch (timer.kind) {
      case "roundStart":
        return this.#run(now, this.#perform(this.#schedule?.onRoundStart(timer.slot, now), now));
      case "witness":
        return this.#run(now, this.#perform(this.#schedule?.onWitness(timer.slot, now), now));
      case "proposeDeadline":
        this.#schedule?.onProposeDeadline(timer.slot);
        return [];
      case "ping":
        return this.#schedule?.onPing(now) ?? [];
      case "retryBlock":
        return this.#run(now, this.#verdicts.retry(timer.block, now));
      case "postponed":
        return this.#run(now, this.#sync.onPostponed(now));
      case "requests":
        return this.#run(now, this.#sync.onRequestTick(now));
      case "panoramas":
        return this.#run(now, this.#intake.onTick(now));
      case "requestState":
        return this.#run(now, this.#exchange.onTimer(now));
      case "purge":
        this.#sync.purge(now);
        this.#intake.purge(now);
        return this.#run(now, [
          ...this.#stored.retry(now),
          { kind: "schedule", timer, at: timestamp(now + PURGE_EVERY_MS) },
        ]);
    }
  }

  propose(slot: Slot, payload: Bytes | undefined, now: Timestamp): readonly Effect[] {
    if (payload !== undefined && payload.length > MAX_PAYLOAD_BYTES) {
      throw new BugError(`a block of ${payload.length} bytes was built, at most ${MAX_PAYLOAD_BYTES} are allowed`);
    }
    return this.#run(now, this.#perform(this.#schedule?.propose(slot, payload, now), now));
  }

  resolveBlock(block: UnitHash, verdict: "valid" | "invalid" | "unavailable", now: Timestamp): readonly Effect[] {
    if (verdict === "unavailable") return this.#verdicts.unavailable(block, now);
    const valid = this.#verdicts.take(block);
    const entry = this.#sync.pending(block);
    if (valid === undefined || entry === undefined) return [];
    if (verdict === "invalid") return this.#run(now, this.#sync.onInvalid(block, { code: "InvalidBlock", block }));
    return this.#run(now, this.#add(valid, entry.payload, now));
  }

  confidence(block: UnitHash): Confidence | undefined {
    const node = this.#dag.block(block);
    return node && confidenceIn(this.#dag, node);
  }

  watch(thresholds: readonly number[]): readonly Effect[] {
    this.#finality.watch(thresholds, this.#head);
    return this.#faults.alarms();
  }

  head(): BlockRef | undefined {
    return this.#head && blockRef(this.#head);
  }

  block(unit: UnitHash): BlockRef | undefined {
    const node = this.#dag.block(unit);
    return node && blockRef(node);
  }

  participation(switchUnit: UnitHash): readonly RoundMarks[] {
    return eraParticipation(this.#dag, switchUnit);
  }

  work(switchUnit: UnitHash, rounds: readonly RoundMarks[]): readonly MemberWork[] {
    return eraWork(this.#dag, switchUnit, rounds);
  }

  units(asked: RecentUnits): readonly UnitView[] {
    return recentUnits(this.#dag, asked);
  }

  status(now: Timestamp): KomaBftStatus {
    return describeStatus(
      {
        dag: this.#dag,
        sync: this.#sync,
        intake: this.#intake,
        exchange: this.#exchange,
        presence: this.#presence,
        schedule: this.#schedule,
        finality: this.#finality,
        head: this.#head,
      },
      now,
    );
  }

  #receive(message: MessageBody, from: PeerId, now: Timestamp): readonly Effect[] {
    switch (message.kind) {
      case "unit":
        return this.#intake.receive(message.unit, message.payload, from, now);
      case "block":
        return this.#sync.receivePayload(message.block, message.payload, from, now);
      case "evidence":
        return this.#faults.receive(message.evidence, from, now);
      case "endorsements":
        return this.#endorsing.receive(message.endorsements, from, now);
      case "ping":
        return this.#receivePing(message.ping, from, now);
      case "state": {
        const effects = this.#exchange.receive(message.panorama, message.answer, from, now);
        if (this.#exchange.synced) this.#schedule?.onSynced(now);
        else if (!message.answer) this.#schedule?.onBehind();
        return message.answer ? [...effects, ...this.#endorsing.swap(from)] : effects;
      }
      case "finality":
        return [];
      default:
        return answerQuestion(message, from, this.#dag, this.#exchange);
    }
  }

  #receivePing({ creator, t, signature }: Ping, from: PeerId, now: Timestamp): readonly Effect[] {
    const validator = this.instance.committee.validators[creator];
    const digest = pingDigest(this.instance.domain, this.instance.id, creator, t);
    if (validator === undefined || this.instance.checks.recover(digest, signature) !== validator.signer) {
      return disconnect(from, { code: "PingSignature", creator });
    }
    if (this.#schedule?.isForeignPing(creator, t)) return this.#faults.stopSigning(undefined);
    return this.#heard(creator, t, now);
  }

  /** A signed sign of life; while we pause, somebody who comes back is told that we are here. */
  #heard(creator: ValidatorIndex, t: Timestamp, now: Timestamp): readonly Effect[] {
    const isNew = !this.#presence.isOnline(creator, now);
    const paused = this.#presence.isBelowHalf(now);
    this.#presence.note(creator, t, now);
    const cameBack = isNew && this.#presence.isOnline(creator, now);
    return cameBack && paused ? (this.#schedule?.onNewcomer(now) ?? []) : [];
  }

  /** Judges what has become ready, then looks what the grown state means. */
  #run(now: Timestamp, first: readonly Effect[]): readonly Effect[] {
    const effects = [...first];
    for (;;) {
      const entry = this.#sync.takeReady();
      if (entry === undefined) {
        const endorsing = this.#endorsing.endorse(now);
        if (endorsing.length === 0) break;
        effects.push(...endorsing);
        continue;
      }
      const check = checkCitations(entry.unit, this.#dag);
      if (!check.ok) {
        effects.push(...this.#sync.onInvalid(entry.unit.hash, check.rejection));
      } else if (entry.unit.body.blockHash !== undefined) {
        effects.push(...this.#verdicts.ask(check.value, entry, now));
      } else {
        effects.push(...this.#add(check.value, undefined, now));
      }
    }
    return [...effects, ...this.#conclude()];
  }

  /** Adds a foreign unit. */
  #add(valid: ValidUnit, payload: Bytes | undefined, now: Timestamp): readonly Effect[] {
    const [from] = this.#sync.pending(valid.unit.hash)?.senders ?? [];
    const effects: Effect[] = [{ kind: "persist", unit: valid.unit, payload, own: undefined }];
    if (this.#options.relay) {
      const message = this.#message({ kind: "unit", unit: asBroadcast(valid.unit, this.#dag), payload });
      effects.push({ kind: "broadcast", message, except: from });
    }
    const { unit, evidence, conflicts } = this.#dag.add(valid, payload);
    this.#noteBlock(unit.block);
    if (this.#schedule?.isForeign(unit)) effects.push(...this.#faults.stopSigning(unit.hash));
    if (evidence !== undefined) effects.push(...this.#faults.onEvidence(evidence, now));
    effects.push(...this.#endorsing.onUnit(unit, conflicts, now));
    effects.push(...this.#sync.onAdded(unit.hash, now));
    effects.push(...this.#perform(this.#schedule?.onUnitAdded(unit, now), now));
    return effects;
  }

  #perform(duty: Duty | undefined, now: Timestamp): readonly Effect[] {
    if (duty === undefined) return [];
    return duty.unit === undefined ? duty.effects : [...duty.effects, ...this.#publish(duty.unit, now)];
  }

  /** Own unit: durable first, then into the state and out. */
  #publish({ valid, payload }: NewUnit, now: Timestamp): readonly Effect[] {
    const { unit: signed } = valid;
    const { unit, conflicts } = this.#dag.add(valid, payload);
    this.#noteBlock(unit.block);
    const message = this.#message({ kind: "unit", unit: asBroadcast(signed, this.#dag), payload });
    return [
      { kind: "persist", unit: signed, payload, own: { seq: signed.seq } },
      { kind: "broadcast", message, except: undefined },
      ...this.#intake.onKnown(unit, now),
      ...this.#endorsing.onUnit(unit, conflicts, now),
      ...this.#sync.onAdded(unit.hash, now),
    ];
  }

  #noteBlock(block: BlockNode | undefined): void {
    if (block === undefined) return;
    this.#payloads.keep(block);
    this.#schedule?.noteProposal(block);
  }

  /** New head and new final blocks, if the state has grown since the last look. */
  #conclude(): readonly Effect[] {
    if (this.#dag.revision === this.#concluded) return [];
    this.#concluded = this.#dag.revision;
    const effects: Effect[] = [];
    const head = this.#dag.head();
    if (head !== this.#head) {
      this.#head = head;
      effects.push({ kind: "headChanged", head: head && blockRef(head) });
    }
    for (const { threshold, block, confidence } of this.#finality.advance(head)) {
      const { t, fraction } = threshold;
      effects.push({ kind: "finalize", block: blockRef(block), threshold: t, fraction, confidence });
    }
    this.#payloads.dropBelow(head);
    return effects;
  }

  /** Our last unit may never have left this machine: a crash between storing and sending. */
  #ownHeadAgain(ownHead: OwnHead | undefined): readonly Effect[] {
    const head = ownHead && this.#dag.unit(ownHead.hash);
    if (head === undefined) return [];
    const message = this.#message({ kind: "unit", unit: this.#dag.wire(head), payload: head.block?.payload });
    return [{ kind: "broadcast", message, except: undefined }];
  }

  #message(body: MessageBody): ConsensusMessage {
    return { instance: this.instance.id, ...body };
  }
}
