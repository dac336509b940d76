import {
  type BlockRef,
  type ConsensusMessage,
  type Effect,
  type Instance,
  isDoneInEndedEra,
  isForEndedEra,
  type KomaBft,
} from "../consensus/index.ts";
import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import { invalidPayload, judge, payloadFor } from "./payload.ts";
import type { EraRecord } from "./simulated-disk.ts";

export type Finalize = Extract<Effect, { kind: "finalize" }>;
export type FaultReport = Extract<Effect, { kind: "reportFault" }>;
export type Disconnect = Extract<Effect, { kind: "disconnect" }>;

/** What an era needs of the validator that runs it. */
export interface EraOwner {
  /** By its own clock. */
  readonly now: Timestamp;
  /** In virtual time. */
  readonly worldNow: number;
  readonly buildMs: number;
  readonly executeMs: number;
  readonly proposesInvalidBlocks: boolean;
  /** At a time of the owner's clock, or as soon as that has passed. */
  at(time: number, run: () => void): void;
  send(to: string, message: ConsensusMessage): void;
  sendToAny(message: ConsensusMessage): void;
  broadcast(message: ConsensusMessage, except: string | undefined): void;
  /** An own unit or endorsement is on the disk; the owner may die of it. */
  stored(run: EraRun, effect: Extract<Effect, { kind: "persist" | "persistEndorsement" }>): void;
  disconnected(effect: Disconnect): void;
  alarmed(run: EraRun, alarm: Extract<Effect, { kind: "alarm" }>["alarm"]): void;
}

/** What of an era concerns those before and after it. */
export interface EraEvents {
  finalized(run: EraRun, effect: Finalize): void;
  faultReported(run: EraRun, effect: FaultReport): void;
}

/** One era in one validator: performs what its consensus object asks for, with an executor for trivial payloads. */
export class EraRun {
  readonly core: KomaBft;
  readonly record: EraRecord;
  /** Index of the validator in the committee of the era; undefined: it only follows. */
  readonly member: number | undefined;
  readonly #owner: EraOwner;
  readonly #events: EraEvents;
  #phase: "running" | "answering" | "closed" = "running";

  constructor(owner: EraOwner, events: EraEvents, core: KomaBft, record: EraRecord, member: number | undefined) {
    this.#owner = owner;
    this.#events = events;
    this.core = core;
    this.record = record;
    this.member = member;
  }

  get instance(): Instance {
    return this.core.instance;
  }

  get isRunning(): boolean {
    return this.#phase === "running";
  }

  /** Makes nothing any more and asks for nothing, but answers and takes evidence (KoMaBFT spec 15). */
  answerOnly(): void {
    if (this.#phase === "running") this.#phase = "answering";
  }

  close(): void {
    this.#phase = "closed";
  }

  receive(message: ConsensusMessage, from: string): void {
    if (this.#phase === "closed" || (this.#phase === "answering" && !isForEndedEra(message))) return;
    this.perform(this.core.handleMessage(message, from, this.#owner.now));
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#phase === "closed") return;
      if (this.#phase === "running" || isDoneInEndedEra(effect)) this.#performOne(effect);
    }
  }

  #performOne(effect: Effect): void {
    const owner = this.#owner;
    const { units } = this.record;
    switch (effect.kind) {
      case "persist":
        units.persist(effect, owner.worldNow);
        if (effect.own !== undefined) owner.stored(this, effect);
        return;
      case "persistEndorsement":
        units.persistEndorsement(effect, owner.worldNow);
        if (effect.own !== undefined) owner.stored(this, effect);
        return;
      case "broadcast":
        return owner.broadcast(effect.message, effect.except);
      case "send":
        return owner.send(effect.to, effect.message);
      case "sendToAny":
        return owner.sendToAny(effect.message);
      case "serveBlock": {
        const { block, to } = effect;
        const payload = units.payloadOf(block);
        if (payload !== undefined) owner.send(to, { instance: this.instance.id, kind: "block", block, payload });
        return;
      }
      case "schedule":
        return this.#later(effect.at, (core, now) => core.handleTimer(effect.timer, now));
      case "buildBlock":
        return this.#build(effect);
      case "validateBlock": {
        const { payload, t, creator, unit } = effect.block;
        const verdict = judge(payload, this.#hashOf(effect.parent), t, creator);
        return this.#later(owner.now + owner.executeMs, (core, now) => core.resolveBlock(unit, verdict, now));
      }
      case "headChanged":
        return;
      case "finalize":
        units.markFinal(effect.threshold, effect.block);
        return this.#events.finalized(this, effect);
      case "reportFault":
        return this.#events.faultReported(this, effect);
      case "disconnect":
        return owner.disconnected(effect);
      case "alarm":
        return owner.alarmed(this, effect.alarm);
    }
  }

  #build({ slot, parent }: Extract<Effect, { kind: "buildBlock" }>): void {
    const owner = this.#owner;
    const sound: Bytes = payloadFor(this.#hashOf(parent), slot, this.member ?? -1);
    const payload = owner.proposesInvalidBlocks ? invalidPayload(sound) : sound;
    this.#later(owner.now + owner.buildMs, (core, now) => core.propose(slot, payload, now));
  }

  /** What the chain calls the block; a payload is all of it here. */
  #hashOf(block: BlockRef | undefined): Hash {
    return block?.payloadHash ?? this.instance.keyBlock.hash;
  }

  #later(at: number, task: (core: KomaBft, now: Timestamp) => readonly Effect[]): void {
    this.#owner.at(at, () => {
      if (this.#phase === "running") this.perform(task(this.core, this.#owner.now));
    });
  }
}
