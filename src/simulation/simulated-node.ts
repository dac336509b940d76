import {
  type Alarm,
  type BlockRef,
  type ConsensusMessage,
  type Endorsement,
  encodeEraAnswer,
  type Instance,
  indexOfSigner,
  type KomaBft,
  type SignedUnit,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Address, type Bytes, type Hash, type Timestamp, timestamp } from "../primitives/index.ts";
import type { Disconnect, EraRun, FaultReport, Finalize } from "./era-run.ts";
import { type EraAnswer, EraSequence, type SequenceConfig, type SequenceOwner } from "./era-sequence.ts";
import type { EraWorld } from "./era-world.ts";
import type { ByzantineFault } from "./fault.ts";
import type { GarbageSource } from "./garbage.ts";
import type { MemoryUnitStore } from "./memory-unit-store.ts";
import { type EraRecord, SimulatedDisk } from "./simulated-disk.ts";

/** What a node needs of the world around it. */
export interface NodeHost {
  readonly now: number;
  readonly world: EraWorld;
  /** Which validator of the run signs with this key. */
  numberOf(signer: Address): number | undefined;
  schedule(at: number, run: () => void): void;
  transmit(from: SimulatedNode, to: string, message: ConsensusMessage): void;
  broadcast(from: SimulatedNode, message: ConsensusMessage, except: string | undefined): void;
  anyPeerOf(node: SimulatedNode): string | undefined;
  /** Asks a peer beside consensus; what gets lost on the way there or back is never answered. */
  ask<T>(
    from: SimulatedNode,
    to: string,
    question: (peer: SimulatedNode) => T | undefined,
    answered: (answer: T) => void,
  ): void;
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
  /** Of the era that the block is in. */
  readonly instance: Instance;
  /** Virtual time at which this node called it final. */
  readonly at: number;
  /** Which of the node's disks knew: a node that lost one begins anew. */
  readonly disk: number;
}

/** A fault that a node has reported. */
export interface ReportedFault {
  /** Index of the accused in the instance that the evidence is of. */
  readonly accused: number;
  readonly instance: Instance;
  readonly disk: number;
}

/** An era as a node has lived it; its units are kept here when the disk has forgotten them. */
export interface LivedEra {
  readonly record: EraRecord;
  readonly units: MemoryUnitStore;
  /** The signatures of others brought the node into it. */
  readonly adopted: boolean;
  readonly disk: number;
}

/** One validator: the real consensus objects of its eras, with a disk, an executor for trivial payloads, and a clock. */
export class SimulatedNode {
  readonly name: string;
  /** Number of its validator among all of the run, in the order of addresses; in the first committee its index. */
  readonly index: number;
  disk: SimulatedDisk;
  readonly finals: Final[] = [];
  readonly alarms: (Alarm & { readonly instance: Hash })[] = [];
  readonly disconnects: Disconnect[] = [];
  /** Validators that it has reported, by their number. */
  readonly faults: number[] = [];
  readonly reported: ReportedFault[] = [];
  readonly lived: LivedEra[] = [];
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
  readonly #config: SequenceConfig;
  #sequence: EraSequence | undefined;
  #crashes = 0;
  #disk = 0;

  constructor(host: NodeHost, name: string, index: number, config: SequenceConfig) {
    this.name = name;
    this.index = index;
    this.disk = new SimulatedDisk(host.now);
    this.#host = host;
    this.#config = config;
  }

  /** How often it was killed. */
  get crashes(): number {
    return this.#crashes;
  }

  /** How many disks it has lost: the number of the one that it has. */
  get disks(): number {
    return this.#disk;
  }

  get alive(): boolean {
    return this.#sequence !== undefined;
  }

  /** Of the current era. */
  get core(): KomaBft {
    if (this.#sequence === undefined) throw new BugError(`${this.name} is down`);
    return this.#sequence.current.core;
  }

  /** Of the current era, or of the last one before it went down. */
  get instance(): Instance {
    return this.disk.newest?.instance ?? this.#host.world.instanceOf(this.#host.world.firstEra);
  }

  /** Units of the current era. */
  get store(): MemoryUnitStore {
    return this.disk.open(this.disk.newest?.era ?? this.#host.world.firstEra, this.instance).units;
  }

  get now(): Timestamp {
    return timestamp(this.#host.now + this.skewMs);
  }

  get privateKey(): Bytes {
    return this.#config.signer.key;
  }

  /** Its index in the committee of an instance; undefined: it is no member. */
  memberOf({ committee }: Instance): number | undefined {
    return indexOfSigner(committee, this.#config.signer.address);
  }

  /** The instance of an era that it knows. */
  knownInstance(id: Hash): Instance | undefined {
    return this.disk.record(id)?.instance;
  }

  /** Nothing when it is running already. */
  start(): void {
    if (this.alive) return;
    this.#sequence = new EraSequence(this.#host.world, this.disk, this.#config, this.#owner());
    this.#sequence.start();
  }

  /** Kill -9. */
  kill(): void {
    if (this.#sequence === undefined) return;
    this.#crashes++;
    this.#sequence.close();
    this.#sequence = undefined;
    this.disk.crash(this.#host.now);
    this.#host.note(this, "killed");
  }

  /** Kill -9, and the disk is empty afterwards. */
  wipe(): void {
    this.kill();
    this.disk = new SimulatedDisk(this.#host.now);
    this.#disk++;
  }

  /** A unit in its name that its own core knows nothing of. */
  signedBesides(unit: SignedUnit): void {
    this.#host.signed(this, unit);
  }

  madeBlock(block: UnitHash): boolean {
    return this.#sequence?.runs.some(({ core, member }) => core.block(block)?.creator === member) ?? false;
  }

  deliver(message: ConsensusMessage, from: string): void {
    this.garbage?.hear(message);
    this.#sequence?.receive(message, from);
  }

  finalsAt(threshold: number): readonly Final[] {
    return this.finals.filter((final) => final.threshold === threshold);
  }

  finalHeight(threshold: number): number {
    return this.finalsAt(threshold).at(-1)?.block.height ?? 0;
  }

  /** What it tells a peer that asks how this era and those after it ended. */
  tellEras(instance: Hash, after: number): EraAnswer | undefined {
    if (this.mute || this.#sequence === undefined || this.commits("withholdDependencies")) return undefined;
    return { ends: encodeEraAnswer(this.disk.endsFrom(instance)), blocks: this.disk.chain.slice(after) };
  }

  commits(kind: ByzantineFault["kind"]): boolean {
    for (const fault of this.misdeeds) if (fault.kind === kind) return true;
    return false;
  }

  /** This node as the eras of one life see it. */
  #owner(): SequenceOwner {
    const node = this;
    const host = this.#host;
    return {
      get now() {
        return node.now;
      },
      get worldNow() {
        return host.now;
      },
      get buildMs() {
        return node.buildMs;
      },
      get executeMs() {
        return node.executeMs;
      },
      get proposesInvalidBlocks() {
        return node.commits("invalidBlock");
      },
      at: (time, run) => host.schedule(Math.max(time - node.skewMs, host.now), run),
      send: (to, message) => {
        if (!node.mute) host.transmit(node, to, message);
      },
      sendToAny: (message) => {
        const peer = host.anyPeerOf(node);
        if (peer !== undefined && !node.mute) host.transmit(node, peer, message);
      },
      broadcast: (message, except) => {
        if (!node.mute) host.broadcast(node, message, except);
      },
      askForEras: (to, instance, after, answered) => {
        if (!node.mute) host.ask(node, to, (peer) => peer.tellEras(instance, after), answered);
      },
      stored: (_, effect) => node.#stored(effect),
      opened: (record, adopted) => {
        const isAgain = node.lived.some(({ units }) => units === record.units);
        if (!isAgain) node.lived.push({ record, units: record.units, adopted, disk: node.#disk });
        const { era, instance } = record;
        host.note(node, `opens era ${era.number} on block ${era.keyBlock.height}, ${instance.id}`);
      },
      finalized: (run, effect) => node.#finalized(run, effect),
      faultReported: (run, effect) => node.#faultReported(run, effect),
      disconnected: (effect) => {
        node.disconnects.push(effect);
        host.note(node, `disconnects ${effect.peer}: ${effect.reason.code}`);
      },
      alarmed: ({ instance }, alarm) => {
        node.alarms.push({ ...alarm, instance: instance.id });
        host.note(node, `alarm ${alarm.cause}`);
      },
      note: (text) => host.note(node, text),
    };
  }

  #stored(effect: Parameters<SequenceOwner["stored"]>[1]): void {
    const host = this.#host;
    if (effect.kind === "persist") {
      host.note(this, `made ${effect.unit.hash}`);
      host.signed(this, effect.unit);
    } else {
      host.note(this, `endorses ${effect.endorsement.unit}`);
      host.endorsed(this, effect.endorsement);
    }
    if (host.diesAfterPersist(this)) this.kill();
  }

  #finalized({ instance }: EraRun, { block, threshold }: Finalize): void {
    this.finals.push({ block, threshold, instance, at: this.#host.now, disk: this.#disk });
    this.#host.note(this, `final at ${threshold}: ${block.height} ${block.unit}`);
  }

  #faultReported(run: EraRun, { validator, earlier }: FaultReport): void {
    const instance = earlier ?? run.instance;
    this.reported.push({ accused: validator, instance, disk: this.#disk });
    const signer = instance.committee.validators[validator]?.signer;
    const number = signer === undefined ? undefined : this.#host.numberOf(signer);
    if (number !== undefined) this.faults.push(number);
    this.#host.note(this, `fault of ${number}`);
  }
}
