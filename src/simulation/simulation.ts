import {
  type ConsensusMessage,
  type ConsensusParams,
  decodeMessage,
  type Endorsement,
  encodeMessage,
  type Instance,
  type LocalOptions,
  type SignedUnit,
  type UnitHash,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import { EventQueue } from "./event-queue.ts";
import type { Fault } from "./fault.ts";
import { type FaultScene, injectFaults } from "./inject-faults.ts";
import { createPrng, type Prng } from "./prng.ts";
import { RunDigest } from "./run-digest.ts";
import { EPOCH, RunWorld } from "./run-world.ts";
import { type NodeHost, SimulatedNode } from "./simulated-node.ts";
import type { StakeChange } from "./stakes.ts";
import { type Copy, tamper } from "./tamper.ts";
import { VirtualNetwork } from "./virtual-network.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Weight of each validator, in the order of their addresses. */
  readonly weights: readonly number[];
  /** Fractions; `fractionFor` turns a threshold weight into one. */
  readonly thresholds: readonly number[];
  readonly params?: Partial<ConsensusParams>;
  readonly local?: Partial<LocalOptions>;
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Share of messages that never arrive. */
  readonly loss?: number;
  readonly buildMs?: number;
  readonly executeMs?: number;
  /**
   * How stakes change. With it `weights` are the stakes at the start, 0 for those who join later, and committees are made
   * from stakes as nodes make them; without it nobody joins, and only those leave who are proven faulty.
   */
  readonly stakes?: readonly StakeChange[];
  /** Validators that are not started at all. */
  readonly absent?: readonly number[];
  /** Validators that lead; default: all. */
  readonly producers?: readonly number[];
  /** Decides delays, losses and deaths; default: seeded. Tests steer a run with one that shrinks. */
  readonly chance?: Prng;
  /** True: every validator decodes and checks for itself, as machines of their own do. Changes nothing but the time it takes. */
  readonly separateMachines?: boolean;
  /** What goes wrong, and when. */
  readonly faults?: readonly Fault[];
}

export const simulationParams: ConsensusParams = {
  baseRoundMs: 1000,
  maxRoundExp: 0,
  eraMinBlocks: 0,
  eraMinMs: 0,
  weightScale: 1_000_000,
  maxLevel: 20,
  openGapSlots: 4,
  maxValidators: 150,
};

/** The fraction whose threshold is exactly `t` of `total`. */
export function fractionFor(t: number, total: number): number {
  return (t + 0.5) / total;
}

/** Many validators in one process, on virtual time and a network that does what it is told. */
export class Simulation implements NodeHost, FaultScene {
  readonly world: RunWorld;
  /** Of the first era. */
  readonly instance: Instance;
  readonly nodes: SimulatedNode[] = [];
  readonly trace: string[] = [];
  /** Chance of any node to die right after an own unit reached its disk. */
  deathAfterPersist = 0;
  readonly prng: Prng;
  readonly network: VirtualNetwork;
  /** How long judging a block takes, where no fault says otherwise. */
  readonly executeMs: number;
  /** Own units that were sent before they had reached the disk; I-8 says that there are none. */
  readonly sentUnstored: string[] = [];
  /** Messages and their bytes that were handed to the network, each counted once per receiver. */
  readonly traffic = { messages: 0, bytes: 0 };
  readonly #options: SimulationOptions;
  readonly #fractions: readonly number[];
  readonly #digest = new RunDigest();
  readonly #byName = new Map<string, SimulatedNode>();
  readonly #queue = new EventQueue();
  /** Every endorsement that reached a disk of its endorser. */
  readonly endorsements: { readonly endorser: number; readonly unit: UnitHash }[] = [];
  /** Hash of every unit ever signed, by instance, then by validator and sequence number: the test of I-7. */
  readonly #signed = new Map<Hash, Map<string, Set<string>>>();
  #now = EPOCH;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.prng = options.chance ?? createPrng(options.seed);
    const { minDelayMs = 5, maxDelayMs = 60, loss = 0 } = options;
    this.network = new VirtualNetwork({ minDelayMs, maxDelayMs, loss }, this.prng);
    this.executeMs = options.executeMs ?? 20;
    const params = { ...simulationParams, ...options.params };
    this.world = new RunWorld(params, options);
    this.instance = this.world.instanceOf(this.world.firstEra);
    // Eras end at a third, whoever else is watched.
    this.#fractions = params.eraMinBlocks > 0 ? [...options.thresholds, 1 / 3] : options.thresholds;
    options.weights.forEach((_, index) => {
      if (!options.absent?.includes(index)) this.addNode(`v${index}`, index);
    });
    injectFaults(this, options.faults ?? []);
  }

  get now(): number {
    return this.#now;
  }

  /** Ms since the run began. */
  get elapsed(): number {
    return this.#now - EPOCH;
  }

  /** Of all eras that any validator was in. */
  get instances(): readonly Instance[] {
    return this.world.instances;
  }

  numberOf(signer: Address): number | undefined {
    return this.world.numberOf(signer);
  }

  /** The node of a validator that was started once. */
  node(name: string): SimulatedNode {
    const node = this.#byName.get(name);
    if (node === undefined) throw new BugError(`no node ${name}`);
    return node;
  }

  /** The first node of each of these validators: the one that was there before any twin. */
  nodesOf(indices: readonly number[]): readonly SimulatedNode[] {
    return indices.flatMap((index) => this.#byName.get(`v${index}`) ?? []);
  }

  twinsOf(node: SimulatedNode): readonly SimulatedNode[] {
    return this.nodes.filter((other) => other !== node && other.index === node.index);
  }

  startAll(): void {
    for (const node of this.nodes) node.start();
  }

  /** A second node with the key of `index`: together they equivocate. Start it yourself. */
  addTwin(index: number): SimulatedNode {
    return this.addNode(`v${index}'${this.#byName.has(`v${index}'`) ? this.nodes.length : ""}`, index);
  }

  /** A node that was absent so far. Start it yourself. */
  addNode(name: string, index: number): SimulatedNode {
    const node = new SimulatedNode(this, name, index, {
      signer: { key: this.world.keys[index] as Bytes, address: this.world.signers[index] as Address },
      fractions: this.#fractions,
      local: this.#options.local ?? {},
    });
    node.buildMs = this.#options.buildMs ?? 20;
    node.executeMs = this.executeMs;
    this.nodes.push(node);
    this.#byName.set(name, node);
    return node;
  }

  runFor(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.#queue.peek(); at !== undefined && at <= end; at = this.#queue.peek()) {
      const event = this.#queue.pop();
      this.#now = at;
      event?.run();
    }
    this.#now = end;
  }

  /** One number for everything that happened: two runs with the same are the same. */
  digest(): string {
    return this.#digest.value();
  }

  /** Validators who signed two units with one number in some era. */
  equivocators(): ReadonlySet<number> {
    return new Set([...this.#signed.keys()].flatMap((instance) => [...this.equivocatorsIn(instance)]));
  }

  /** The same of one era. */
  equivocatorsIn(instance: Hash): ReadonlySet<number> {
    const found = new Set<number>();
    for (const [key, hashes] of this.#signed.get(instance) ?? []) {
      if (hashes.size > 1) found.add(Number(key.split(" ")[0]));
    }
    return found;
  }

  schedule(at: number, run: () => void): void {
    this.#queue.schedule(at, run);
  }

  /** So many ms after the run began. */
  after(ms: number, run: () => void): void {
    this.schedule(EPOCH + ms, run);
  }

  broadcast(from: SimulatedNode, message: ConsensusMessage, except: string | undefined): void {
    this.#watchOrder(from, message);
    const reaches = (peer: SimulatedNode) => peer !== from && peer.name !== except;
    this.#emit(from, { message, reaches }, this.nodes, false);
  }

  transmit(from: SimulatedNode, to: string, message: ConsensusMessage): void {
    const target = this.#byName.get(to);
    if (target !== undefined) this.#emit(from, { message, reaches: () => true }, [target], true);
  }

  anyPeerOf(node: SimulatedNode): string | undefined {
    const peers = this.nodes.filter(
      (other) =>
        other !== node && other.alive && this.network.connected(node, other) && this.network.connected(other, node),
    );
    return this.prng.pick(peers)?.name;
  }

  ask<T>(
    from: SimulatedNode,
    to: string,
    question: (peer: SimulatedNode) => T | undefined,
    answered: (answer: T) => void,
  ): void {
    const peer = this.#byName.get(to);
    if (peer === undefined) return;
    this.#later(from, peer, "asks", () => {
      const answer = question(peer);
      if (answer !== undefined) this.#later(peer, from, "answers", () => answered(answer));
    });
  }

  signed(node: SimulatedNode, unit: SignedUnit): void {
    const key = `${node.index} ${unit.seq}`;
    const ofInstance = this.#signed.get(unit.instance) ?? new Map<string, Set<string>>();
    this.#signed.set(unit.instance, ofInstance.set(key, (ofInstance.get(key) ?? new Set()).add(unit.hash)));
  }

  endorsed(node: SimulatedNode, { unit }: Endorsement): void {
    this.endorsements.push({ endorser: node.index, unit });
  }

  diesAfterPersist(node: SimulatedNode): boolean {
    const chance = Math.max(node.deathAfterPersist, this.deathAfterPersist);
    if (chance === 0 || this.prng.next() >= chance) return false;
    this.schedule(this.#now + this.prng.between(100, 2500), () => node.start());
    return true;
  }

  note(node: SimulatedNode, text: string): void {
    this.#note(`${this.elapsed} ${node.name} ${text}`);
  }

  noteFault(text: string): void {
    this.#note(`${this.elapsed} ${text}`);
  }

  #note(line: string): void {
    this.trace.push(line);
    this.#digest.add(line);
  }

  #emit(from: SimulatedNode, copy: Copy, targets: readonly SimulatedNode[], isAnswer: boolean): void {
    let copies: readonly Copy[] = [copy];
    for (const fault of from.misdeeds) copies = copies.flatMap((each) => tamper(fault, from, each, isAnswer));
    for (const { message, reaches } of copies) {
      const bytes = encodeMessage(message);
      const shared = this.#options.separateMachines ? undefined : decoded(bytes);
      const received = () => shared ?? decoded(bytes);
      for (const node of targets) {
        if (!reaches(node)) continue;
        this.traffic.messages++;
        this.traffic.bytes += bytes.length;
        this.#later(from, node, message.kind, () => node.deliver(received(), from.name));
      }
    }
  }

  #later(from: SimulatedNode, to: SimulatedNode, what: string, arrive: () => void): void {
    for (const delay of this.network.delays(from, to)) {
      this.schedule(this.#now + delay, () => {
        if (!this.network.connected(from, to)) return;
        this.#digest.add(`${this.elapsed} ${from.name} ${to.name} ${what}`);
        arrive();
      });
    }
  }

  #watchOrder(from: SimulatedNode, message: ConsensusMessage): void {
    if (message.kind !== "unit") return;
    const record = from.disk.record(message.instance);
    const { hash, creator } = message.unit as Partial<SignedUnit>;
    if (record === undefined || creator !== from.memberOf(record.instance)) return;
    if (hash !== undefined && !record.units.has(hash)) this.sentUnstored.push(`${from.name} ${hash}`);
  }
}

/** What a receiver makes of what the sender encoded. */
function decoded(bytes: Bytes): ConsensusMessage {
  const message = decodeMessage(bytes);
  if (!message.ok) throw new BugError(`own message does not decode: ${JSON.stringify(message.rejection)}`);
  return message.value;
}
