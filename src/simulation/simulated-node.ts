import {
  type BlockRef,
  type ConsensusMessage,
  createKomaBft,
  type Effect,
  type Endorsement,
  type Instance,
  type KomaBft,
  type KomaBftConfig,
  type SignedUnit,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Bytes, type Timestamp, timestamp } from "../primitives/index.ts";
import type { ByzantineFault } from "./fault.ts";
import type { GarbageSource } from "./garbage.ts";
import { MemoryUnitStore } from "./memory-unit-store.ts";
import { invalidPayload, judge, payloadFor } from "./payload.ts";

/** What a node needs of the world around it. */
export interface NodeHost {
  readonly now: number;
  schedule(at: number, run: () => void): void;
  transmit(from: SimulatedNode, to: string, message: ConsensusMessage): void;
  broadcast(from: SimulatedNode, message: ConsensusMessage, except: string | undefined): void;
  anyPeerOf(node: SimulatedNode): string | undefined;
  /** Every unit that was signed with this node's key, whatever became of it. */
  signed(node: SimulatedNode, unit: SignedUnit): void;
  /** Every own endorsement that reached a disk. */
  endorsed(node: SimulatedNode, endorsement: Endorsement): void;
  note(node: SimulatedNode, text: string): void;
  /** True: the node dies now, between storing a unit and sending it. */
  diesAfterPersist(node: SimulatedNode): boolean;
}

export interface Final {
  readonly block: BlockRef;
  readonly threshold: number;
  /** Virtual time at which this node called it final. */
  readonly at: number;
  /** Which of the node's disks knew: a node that lost one begins anew. */
  readonly disk: number;
}

/** The real consensus object of one validator, with a disk, an executor for trivial payloads, and a clock. */
export class SimulatedNode {
  readonly name: string;
  readonly index: number;
  readonly instance: Instance;
  store = new MemoryUnitStore();
  readonly finals: Final[] = [];
  readonly alarms: Extract<Effect, { kind: "alarm" }>["alarm"][] = [];
  readonly disconnects: Extract<Effect, { kind: "disconnect" }>[] = [];
  readonly faults: number[] = [];
  /** Ahead of virtual time by so many ms. */
  skewMs = 0;
  /** How long building a block takes. */
  buildMs = 20;
  /** How long judging one takes. */
  executeMs = 20;
  /** Sends nothing, hears everything. */
  mute = false;
  /** Peers it can reach; undefined: everybody. */
  links: ReadonlySet<string> | undefined;
  /** While its validator has two lives: in which group of a partition this one stands. */
  group: number | undefined;
  /** Chance to die right after an own unit reached the disk. */
  deathAfterPersist = 0;
  /** Where it finds the nonsense that it sends, while it does. */
  garbage: GarbageSource | undefined;
  /** What it does against the protocol. */
  readonly misdeeds = new Set<ByzantineFault>();
  readonly #host: NodeHost;
  readonly #config: KomaBftConfig;
  #core: KomaBft | undefined;
  /** Grows with every start, so that timers of the life before die. */
  #life = 0;
  #crashes = 0;
  #disk = 0;

  constructor(host: NodeHost, name: string, config: KomaBftConfig) {
    this.name = name;
    this.index = config.own?.index ?? -1;
    this.instance = config.instance;
    this.#host = host;
    this.#config = config;
  }

  /** How often it was killed. */
  get crashes(): number {
    return this.#crashes;
  }

  get alive(): boolean {
    return this.#core !== undefined;
  }

  get core(): KomaBft {
    if (this.#core === undefined) throw new BugError(`${this.name} is down`);
    return this.#core;
  }

  get now(): Timestamp {
    return timestamp(this.#host.now + this.skewMs);
  }

  get privateKey(): Bytes {
    if (this.#config.own === undefined) throw new BugError(`${this.name} is an observer`);
    return this.#config.own.privateKey;
  }

  /** Nothing when it is running already. */
  start(): void {
    if (this.alive) return;
    this.#life++;
    this.#core = createKomaBft(this.#config);
    const { ownHead, evidence, ownEndorsed } = this.store;
    const endorsements = this.store.endorsements();
    const finals = [...this.store.finals].map(([threshold, block]) => ({ threshold, block }));
    this.#perform(
      this.#core.restore({ units: this.store.units(), ownHead, evidence, endorsements, ownEndorsed, finals }),
    );
    this.#perform(this.#core.start(this.now));
  }

  /** Kill -9. */
  kill(): void {
    if (!this.alive) return;
    this.#life++;
    this.#crashes++;
    this.#core = undefined;
    this.store.crash(this.#host.now);
    this.#host.note(this, "killed");
  }

  /** Kill -9, and the disk is empty afterwards. */
  wipe(): void {
    this.kill();
    this.store = new MemoryUnitStore();
    this.#disk++;
  }

  /** A unit in its name that its own core knows nothing of. */
  signedBesides(unit: SignedUnit): void {
    this.#host.signed(this, unit);
  }

  madeBlock(block: UnitHash): boolean {
    return this.#core?.block(block)?.creator === this.index;
  }

  deliver(message: ConsensusMessage, from: string): void {
    this.garbage?.hear(message);
    if (this.#core !== undefined) this.#perform(this.#core.handleMessage(message, from, this.now));
  }

  finalsAt(threshold: number): readonly Final[] {
    return this.finals.filter((final) => final.threshold === threshold);
  }

  finalHeight(threshold: number): number {
    return this.finalsAt(threshold).at(-1)?.block.height ?? 0;
  }

  #perform(effects: readonly Effect[]): void {
    const life = this.#life;
    for (const effect of effects) {
      if (life !== this.#life) return;
      this.#performOne(effect);
    }
  }

  #performOne(effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        this.store.persist(effect, this.#host.now);
        if (effect.own === undefined) return;
        this.#host.note(this, `made ${effect.unit.hash}`);
        this.#host.signed(this, effect.unit);
        if (this.#host.diesAfterPersist(this)) this.kill();
        return;
      case "persistEndorsement":
        this.store.persistEndorsement(effect, this.#host.now);
        if (effect.own === undefined) return;
        this.#host.note(this, `endorses ${effect.endorsement.unit}`);
        this.#host.endorsed(this, effect.endorsement);
        if (this.#host.diesAfterPersist(this)) this.kill();
        return;
      case "broadcast":
        if (!this.mute) this.#host.broadcast(this, effect.message, effect.except);
        return;
      case "send":
        if (!this.mute) this.#host.transmit(this, effect.to, effect.message);
        return;
      case "sendToAny": {
        const peer = this.#host.anyPeerOf(this);
        if (peer !== undefined && !this.mute) this.#host.transmit(this, peer, effect.message);
        return;
      }
      case "serveBlock": {
        const payload = this.store.payloadOf(effect.block);
        const { instance } = this.core;
        if (payload !== undefined && !this.mute) {
          this.#host.transmit(this, effect.to, { instance: instance.id, kind: "block", block: effect.block, payload });
        }
        return;
      }
      case "schedule":
        this.#later(effect.at - this.skewMs, (core) => core.handleTimer(effect.timer, this.now));
        return;
      case "buildBlock": {
        const sound = payloadFor(effect.parent?.unit, effect.slot, this.index);
        const payload = this.#commits("invalidBlock") ? invalidPayload(sound) : sound;
        this.#later(this.#host.now + this.buildMs, (core) => core.propose(effect.slot, payload, this.now));
        return;
      }
      case "validateBlock": {
        const { payload, t, creator } = effect.block;
        const verdict = judge(payload, effect.parent?.unit, t, creator);
        const at = this.#host.now + this.executeMs;
        this.#later(at, (core) => core.resolveBlock(effect.block.unit, verdict, this.now));
        return;
      }
      case "headChanged":
        return;
      case "finalize":
        this.finals.push({ block: effect.block, threshold: effect.threshold, at: this.#host.now, disk: this.#disk });
        this.store.finals.set(effect.threshold, effect.block.unit);
        this.#host.note(this, `final at ${effect.threshold}: ${effect.block.height} ${effect.block.unit}`);
        return;
      case "reportFault":
        this.faults.push(effect.validator);
        this.store.evidence.push(effect.evidence);
        this.#host.note(this, `fault of ${effect.validator}`);
        return;
      case "disconnect":
        this.disconnects.push(effect);
        this.#host.note(this, `disconnects ${effect.peer}: ${effect.reason.code}`);
        return;
      case "alarm":
        this.alarms.push(effect.alarm);
        this.#host.note(this, `alarm ${effect.alarm.cause}`);
        return;
    }
  }

  #commits(kind: ByzantineFault["kind"]): boolean {
    for (const fault of this.misdeeds) if (fault.kind === kind) return true;
    return false;
  }

  #later(at: number, task: (core: KomaBft) => readonly Effect[]): void {
    const life = this.#life;
    this.#host.schedule(Math.max(at, this.#host.now), () => {
      if (life === this.#life && this.#core !== undefined) this.#perform(task(this.#core));
    });
  }
}
