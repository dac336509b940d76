import type { ConsensusMessage } from "../consensus/index.ts";
import { assertNever } from "../errors.ts";
import type { Address } from "../primitives/index.ts";
import { floodingEndorsement } from "./endorsement-flood.ts";
import type { Fault } from "./fault.ts";
import { forkBomb } from "./fork-bomb.ts";
import { GarbageSource } from "./garbage.ts";
import type { Prng } from "./prng.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import type { VirtualNetwork } from "./virtual-network.ts";

/** What faults happen to: the world as they see it. */
export interface FaultScene {
  readonly now: number;
  /** Ms since the run began. */
  readonly elapsed: number;
  readonly prng: Prng;
  readonly network: VirtualNetwork;
  readonly nodes: readonly SimulatedNode[];
  /** How long judging a block takes where no fault says otherwise. */
  readonly executeMs: number;
  schedule(at: number, run: () => void): void;
  /** So many ms after the run began. */
  after(ms: number, run: () => void): void;
  /** The first node of each of these validators. */
  nodesOf(indices: readonly number[]): readonly SimulatedNode[];
  twinsOf(node: SimulatedNode): readonly SimulatedNode[];
  /** Which validator of the run signs with this key. */
  numberOf(signer: Address): number | undefined;
  /** A second node with the key of a validator, not started yet. */
  addTwin(index: number): SimulatedNode;
  broadcast(from: SimulatedNode, message: ConsensusMessage, except: string | undefined): void;
  noteFault(text: string): void;
}

/** Plans beginning and end of every fault. Call it before the first node starts. */
export function injectFaults(simulation: FaultScene, faults: readonly Fault[]): void {
  for (const fault of faults) {
    simulation.after(fault.from, () => begin(simulation, fault));
    if ("until" in fault && fault.until !== undefined) simulation.after(fault.until, () => end(simulation, fault));
  }
}

function begin(simulation: FaultScene, fault: Fault): void {
  simulation.noteFault(`${fault.kind} begins`);
  const nodes = "validators" in fault ? simulation.nodesOf(fault.validators) : [];
  switch (fault.kind) {
    case "crash":
      for (const node of nodes) fault.store === "lost" ? node.wipe() : node.kill();
      return;
    case "crashAfterPersist":
      for (const node of nodes) node.deathAfterPersist = fault.chance;
      return;
    case "clockSkew":
      for (const node of nodes) node.skewMs += fault.aheadMs;
      return;
    case "clockJump":
      for (const node of nodes) node.skewMs += fault.byMs;
      return;
    case "slowExecutor":
      for (const node of nodes) node.executeMs = fault.executeMs;
      return;
    case "mute":
      for (const node of nodes) node.mute = true;
      return;
    case "twoLives":
      for (const node of nodes) prepareSecondLife(simulation, node);
      simulation.network.begin(fault);
      for (const node of nodes) for (const twin of simulation.twinsOf(node)) twin.start();
      return;
    case "equivocate":
    case "twoFinalities":
    case "equivocatingLeader":
    case "invalidBlock":
    case "withholdBody":
    case "withholdDependencies":
      for (const node of nodes) node.misdeeds.add(fault);
      return;
    case "doppelganger":
      for (const node of nodes) simulation.addTwin(node.index).start();
      return;
    case "forkBomb":
      throwForkBomb(simulation, nodes);
      return;
    case "endorsementFlood":
      for (const node of nodes) {
        node.misdeeds.add(fault);
        floodEndorsements(simulation, node, fault);
      }
      return;
    case "garbage":
      for (const node of nodes) {
        node.misdeeds.add(fault);
        sendGarbage(simulation, node, fault, new GarbageSource(simulation.prng));
      }
      return;
    case "ddos":
      simulation.network.begin(fault);
      moveAttack(simulation, fault);
      return;
    case "delay":
    case "drop":
    case "duplicate":
    case "reorder":
    case "oneWay":
    case "partition":
      simulation.network.begin(fault);
      return;
    default:
      assertNever(fault);
  }
}

function end(simulation: FaultScene, fault: Fault): void {
  simulation.noteFault(`${fault.kind} ends`);
  const nodes = "validators" in fault ? simulation.nodesOf(fault.validators) : [];
  switch (fault.kind) {
    case "crash":
      for (const node of nodes) node.start();
      return;
    case "crashAfterPersist":
      for (const node of nodes) node.deathAfterPersist = 0;
      return;
    case "clockSkew":
      for (const node of nodes) node.skewMs -= fault.aheadMs;
      return;
    case "slowExecutor":
      for (const node of nodes) node.executeMs = simulation.executeMs;
      return;
    case "mute":
      for (const node of nodes) node.mute = false;
      return;
    case "twoLives":
      simulation.network.end(fault);
      for (const node of nodes) for (const life of [node, ...simulation.twinsOf(node)]) life.group = undefined;
      return;
    case "doppelganger":
      for (const node of nodes) for (const twin of simulation.twinsOf(node)) twin.kill();
      return;
    case "equivocate":
    case "twoFinalities":
    case "equivocatingLeader":
    case "invalidBlock":
    case "withholdBody":
    case "withholdDependencies":
    case "endorsementFlood":
    case "garbage":
      for (const node of nodes) node.misdeeds.delete(fault);
      return;
    case "ddos":
      simulation.network.victim = undefined;
      simulation.network.end(fault);
      return;
    case "delay":
    case "drop":
    case "duplicate":
    case "reorder":
    case "oneWay":
    case "partition":
      simulation.network.end(fault);
      return;
    case "clockJump":
    case "forkBomb":
      return;
    default:
      assertNever(fault);
  }
}

function prepareSecondLife(simulation: FaultScene, node: SimulatedNode): void {
  const twin = simulation.addTwin(node.index);
  twin.disk = node.disk.copy();
  node.group = 0;
  twin.group = 1;
}

function throwForkBomb(simulation: FaultScene, conspirators: readonly SimulatedNode[]): void {
  const [first] = conspirators;
  if (first === undefined) return;
  const { instance } = first;
  const members = conspirators.filter((node) => node.memberOf(instance) !== undefined);
  const isTheirs = (creator: number) => members.some((node) => node.memberOf(instance) === creator);
  const root = first.store.signedUnits().findLast(({ creator }) => !isTheirs(creator));
  if (root === undefined) return;
  for (const unit of forkBomb(instance, members, root, simulation.now)) {
    for (const node of simulation.nodes) {
      node.deliver({ instance: instance.id, kind: "unit", unit, payload: undefined }, first.name);
    }
  }
}

function sendGarbage(
  simulation: FaultScene,
  node: SimulatedNode,
  fault: Extract<Fault, { kind: "garbage" }>,
  source: GarbageSource,
): void {
  if (!node.misdeeds.has(fault)) return;
  node.garbage = source;
  const target = simulation.prng.pick(simulation.nodes.filter((other) => other !== node));
  const message = source.next();
  if (target !== undefined && message !== undefined) target.deliver(message, node.name);
  simulation.schedule(simulation.now + pauseMs(fault), () => sendGarbage(simulation, node, fault, source));
}

function floodEndorsements(
  simulation: FaultScene,
  node: SimulatedNode,
  fault: Extract<Fault, { kind: "endorsementFlood" }>,
): void {
  if (!node.misdeeds.has(fault)) return;
  const endorsement = node.alive ? floodingEndorsement(node, simulation.prng) : undefined;
  if (endorsement !== undefined) {
    const endorsements = [endorsement];
    simulation.broadcast(node, { instance: node.instance.id, kind: "endorsements", endorsements }, undefined);
  }
  simulation.schedule(simulation.now + pauseMs(fault), () => floodEndorsements(simulation, node, fault));
}

/** Clocks count whole milliseconds. */
function pauseMs({ perSecond }: { readonly perSecond: number }): number {
  return Math.max(1, Math.round(1000 / perSecond));
}

/** The attack follows the leaders, a little late: it needs to see who leads. */
function moveAttack(simulation: FaultScene, fault: Extract<Fault, { kind: "ddos" }>): void {
  if (fault.until !== undefined && simulation.elapsed >= fault.until) return;
  const observer = simulation.nodes.find((node) => node.alive);
  const leader = observer?.core.status(observer.now).leader ?? -1;
  const signer = observer?.instance.committee.validators[leader]?.signer;
  simulation.network.victim = signer && simulation.numberOf(signer);
  simulation.schedule(simulation.now + fault.everyMs, () => moveAttack(simulation, fault));
}
