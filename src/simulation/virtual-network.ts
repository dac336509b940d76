import type { Fault, LinkFault } from "./fault.ts";
import type { Prng } from "./prng.ts";

/** One end of a link: a node, and the validator whose key it has. */
export interface Endpoint {
  readonly name: string;
  readonly index: number;
  /** Peers it can reach; undefined: everybody. */
  readonly links: ReadonlySet<string> | undefined;
  /** Of two lives of one validator: in which group of a partition this one is. */
  readonly group: number | undefined;
}

/** What changes the way of messages; two lives do, because each stands on one side only. */
type RoutingFault = LinkFault | Extract<Fault, { kind: "twoLives" }>;

export interface NetworkOptions {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly loss: number;
}

/** How long messages take and which arrive, as the faults in force say. */
export class VirtualNetwork {
  /** Messages of nodes on different sides do not arrive; undefined: no partition. */
  sides: readonly ReadonlySet<string>[] | undefined;
  /** Share of messages that never arrive. */
  loss: number;
  maxDelayMs: number;
  /** Validator under attack, while a `ddos` is in force. */
  victim: number | undefined;
  readonly #minDelayMs: number;
  readonly #prng: Prng;
  readonly #faults = new Set<RoutingFault>();

  constructor(options: NetworkOptions, prng: Prng) {
    this.#minDelayMs = options.minDelayMs;
    this.maxDelayMs = options.maxDelayMs;
    this.loss = options.loss;
    this.#prng = prng;
  }

  begin(fault: RoutingFault): void {
    this.#faults.add(fault);
  }

  end(fault: RoutingFault): void {
    this.#faults.delete(fault);
  }

  /** After how many ms each copy of one message arrives; none: it is lost. */
  delays(from: Endpoint, to: Endpoint): readonly number[] {
    if (!this.connected(from, to) || this.#prng.next() < this.loss) return [];
    let delay = this.#prng.between(this.#minDelayMs, this.maxDelayMs);
    let late = 0;
    let copies = 1;
    for (const fault of this.#faults) {
      if (!concerns(fault, from, to)) continue;
      switch (fault.kind) {
        case "delay":
          delay = this.#prng.between(fault.minMs, fault.maxMs);
          break;
        case "drop":
          if (this.#prng.next() < fault.share) return [];
          break;
        case "duplicate":
          if (this.#prng.next() < fault.share) copies++;
          break;
        case "reorder":
          if (this.#prng.next() < fault.share) late += fault.byMs;
          break;
        case "ddos":
          if (from.index === this.victim || to.index === this.victim) late += fault.byMs;
          break;
        case "oneWay":
        case "partition":
        case "twoLives":
          break;
      }
    }
    const delays = [delay + late];
    for (let copy = 1; copy < copies; copy++) delays.push(delay + late + this.#prng.between(0, this.maxDelayMs));
    return delays;
  }

  connected(from: Endpoint, to: Endpoint): boolean {
    if (from.links && !from.links.has(to.name)) return false;
    if (to.links && !to.links.has(from.name)) return false;
    if (this.sides && !this.sides.some((side) => side.has(from.name) && side.has(to.name))) return false;
    for (const fault of this.#faults) {
      if (fault.kind === "oneWay" && concerns(fault, from, to)) return false;
      if (fault.kind === "partition" && !areTogether(fault.groups, from, to)) return false;
      const isLife =
        fault.kind === "twoLives" && (fault.validators.includes(from.index) || fault.validators.includes(to.index));
      if (isLife && !areTogether(fault.groups, from, to)) return false;
    }
    return true;
  }
}

function areTogether(groups: readonly (readonly number[])[], from: Endpoint, to: Endpoint): boolean {
  const groupOf = ({ group, index }: Endpoint) => group ?? groups.findIndex((each) => each.includes(index));
  const group = groupOf(from);
  return group >= 0 && group === groupOf(to);
}

function concerns(fault: RoutingFault, from: Endpoint, to: Endpoint): boolean {
  if (fault.kind === "partition" || fault.kind === "ddos" || fault.kind === "twoLives") return true;
  return fault.senders?.includes(from.index) !== false && fault.receivers?.includes(to.index) !== false;
}
