import {
  type ConsensusMessage,
  type ConsensusParams,
  createCommittee,
  createInstance,
  decodeMessage,
  type Effect,
  encodeMessage,
  type Instance,
  type LocalOptions,
} from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { addressOfKey, type Bytes, bytesToHex, keccak256, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { EventQueue } from "./event-queue.ts";
import { createPrng, type Prng } from "./prng.ts";
import { type NodeHost, SimulatedNode } from "./simulated-node.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Weight of each validator, in committee order. */
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
  /** Validators that are not started at all. */
  readonly absent?: readonly number[];
  /** Validators that lead; default: all. */
  readonly producers?: readonly number[];
}

export const EPOCH = 1_700_000_000_000;

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
export class Simulation implements NodeHost {
  readonly instance: Instance;
  readonly nodes: SimulatedNode[] = [];
  readonly trace: string[] = [];
  /** Messages of nodes on different sides do not arrive; undefined: no partition. */
  sides: readonly ReadonlySet<string>[] | undefined;
  loss: number;
  /** Chance of a node to die right after an own unit reached its disk. */
  deathAfterPersist = 0;
  maxDelayMs: number;
  readonly #options: SimulationOptions;
  readonly #keys: readonly Bytes[];
  readonly #prng: Prng;
  readonly #queue = new EventQueue();
  /** Hash of every own unit ever stored, by creator and sequence number: the test of I-7. */
  readonly #signed = new Map<string, Set<string>>();
  #now = EPOCH;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#prng = createPrng(options.seed);
    this.loss = options.loss ?? 0;
    this.maxDelayMs = options.maxDelayMs ?? 60;
    const keys = options.weights.map((_, i) => keccak256(utf8(`validator ${i}`)));
    this.#keys = keys.sort((a, b) => (addressOfKey(a) < addressOfKey(b) ? -1 : 1));
    const committee = createCommittee(
      this.#keys.map((key, i) => ({
        signer: addressOfKey(key),
        weight: options.weights[i] as number,
        producer: options.producers?.includes(i) ?? true,
      })),
    );
    this.instance = createInstance({
      chainId: 80401n,
      genesisHash: keccakHash(utf8("simulation")),
      generation: 0,
      era: 0,
      keyBlock: { hash: keccakHash(utf8("simulation")), height: 0 },
      eraStart: timestamp(EPOCH),
      seed: keccakHash(utf8(`seed ${options.seed}`)),
      committee,
      params: { ...simulationParams, ...options.params },
    });
    this.#keys.forEach((_, index) => {
      if (!options.absent?.includes(index)) this.addNode(`v${index}`, index);
    });
  }

  get now(): number {
    return this.#now;
  }

  /** Ms since the era began. */
  get elapsed(): number {
    return this.#now - EPOCH;
  }

  /** The node of a validator that was started once. */
  node(name: string): SimulatedNode {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new BugError(`no node ${name}`);
    return node;
  }

  startAll(): void {
    for (const node of this.nodes) node.start();
  }

  /** A second node with the key of `index`: together they equivocate. Start it yourself. */
  addTwin(index: number): SimulatedNode {
    return this.addNode(`v${index}'`, index);
  }

  /** A node that was absent so far. Start it yourself. */
  addNode(name: string, index: number): SimulatedNode {
    const node = new SimulatedNode(this, name, {
      instance: this.instance,
      thresholds: this.#options.thresholds,
      own: { index, privateKey: this.#keys[index] as Bytes },
      ...(this.#options.local && { local: this.#options.local }),
    });
    node.buildMs = this.#options.buildMs ?? 20;
    node.executeMs = this.#options.executeMs ?? 20;
    this.nodes.push(node);
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

  /** One number for everything that happened. */
  digest(): string {
    return bytesToHex(keccak256(utf8(this.trace.join("\n"))));
  }

  /** Signed units per (creator, seq); more than one is an equivocation. */
  equivocators(): ReadonlySet<number> {
    const found = new Set<number>();
    for (const [key, hashes] of this.#signed) if (hashes.size > 1) found.add(Number(key.split(" ")[0]));
    return found;
  }

  schedule(at: number, run: () => void): void {
    this.#queue.schedule(at, run);
  }

  broadcast(from: SimulatedNode, message: ConsensusMessage, except: string | undefined): void {
    const sent = throughWire(message);
    for (const node of this.nodes) if (node !== from && node.name !== except) this.#carry(from, node, sent);
  }

  transmit(from: SimulatedNode, to: string, message: ConsensusMessage): void {
    const target = this.nodes.find((node) => node.name === to);
    if (target !== undefined) this.#carry(from, target, throughWire(message));
  }

  anyPeerOf(node: SimulatedNode): string | undefined {
    return this.#prng.pick(this.nodes.filter((other) => other !== node && other.alive && this.#connected(node, other)))
      ?.name;
  }

  ownUnitStored(node: SimulatedNode, { unit }: Extract<Effect, { kind: "persist" }>): void {
    const key = `${node.index} ${unit.seq}`;
    const hashes = this.#signed.get(key) ?? new Set();
    hashes.add(unit.hash);
    this.#signed.set(key, hashes);
  }

  diesAfterPersist(node: SimulatedNode): boolean {
    if (this.#prng.next() >= this.deathAfterPersist) return false;
    this.schedule(this.#now + this.#prng.between(100, 2500), () => {
      if (!node.alive) node.start();
    });
    return true;
  }

  note(node: SimulatedNode, text: string): void {
    this.trace.push(`${this.elapsed} ${node.name} ${text}`);
  }

  #carry(from: SimulatedNode, to: SimulatedNode, message: ConsensusMessage): void {
    if (!this.#connected(from, to) || this.#prng.next() < this.loss) return;
    const delay = this.#prng.between(this.#options.minDelayMs ?? 5, this.maxDelayMs);
    this.schedule(this.#now + delay, () => {
      if (this.#connected(from, to)) to.deliver(message, from.name);
    });
  }

  #connected(a: SimulatedNode, b: SimulatedNode): boolean {
    if (a.links && !a.links.has(b.name)) return false;
    if (b.links && !b.links.has(a.name)) return false;
    return this.sides === undefined || this.sides.some((side) => side.has(a.name) && side.has(b.name));
  }
}

/** What the receivers decode from what the sender encodes. */
function throughWire(message: ConsensusMessage): ConsensusMessage {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new BugError(`own message does not decode: ${JSON.stringify(decoded.rejection)}`);
  return decoded.value;
}
