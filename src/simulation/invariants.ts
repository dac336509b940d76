import type { BlockRef, SignedUnit, UnitHash } from "../consensus/index.ts";
import { conflictingFinals } from "./conflicting-finals.ts";
import { brokenEras } from "./era-invariants.ts";
import type { MemoryUnitStore } from "./memory-unit-store.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import type { Simulation } from "./simulation.ts";
import { isBroken, lyingWeight } from "./verdicts.ts";

/**
 * What no run may show, whatever went wrong in it: the invariants of the specification that can be read off a finished run,
 * each by its number. Empty when all hold.
 *
 * @param dishonest validators who break the rules, or whose key is in use twice
 * @see KoMaBFT spec 18
 */
export function brokenInvariants(simulation: Simulation, dishonest: ReadonlySet<number>): readonly string[] {
  const honest = simulation.nodes.filter((node) => !dishonest.has(node.index));
  return [
    ...brokenTheorem(simulation),
    ...differentFinals(simulation, honest),
    ...honest.flatMap(brokenOrder),
    ...honest.flatMap(missingAtSmaller),
    ...honest.flatMap(openState),
    ...[...simulation.equivocators()].filter((i) => !dishonest.has(i)).map((i) => `I-7 validator ${i} equivocated`),
    ...simulation.sentUnstored.map((unit) => `I-8 sent before it was stored: ${unit}`),
    ...honest.flatMap((node) => accusations(node, dishonest)),
    ...honest.flatMap(crowdedRounds),
    ...brokenEras(simulation, honest),
  ];
}

function brokenTheorem(simulation: Simulation): readonly string[] {
  return conflictingFinals(simulation)
    .filter((conflict) => isBroken(simulation, conflict))
    .map(
      ({ height, threshold }) => `I-1 competing finals at ${height} and t = ${threshold}, and too little weight lied`,
    );
}

function differentFinals(simulation: Simulation, honest: readonly SimulatedNode[]): readonly string[] {
  const lying = new Map(simulation.instances.map((instance) => [instance, lyingWeight(simulation, instance)]));
  const first = new Map<string, UnitHash>();
  const broken: string[] = [];
  for (const { name, finals } of honest) {
    for (const { threshold, block, instance } of finals) {
      if ((lying.get(instance) ?? 0) > threshold) continue;
      const key = `${instance.id} ${threshold} ${block.height}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, block.unit);
      else if (known !== block.unit)
        broken.push(`I-2 ${name} has another block at height ${block.height}, t = ${threshold}`);
    }
  }
  return broken;
}

/** Per era, threshold and disk: each final block is the child of the one before, and comes once. */
function brokenOrder(node: SimulatedNode): readonly string[] {
  const broken: string[] = [];
  const last = new Map<string, BlockRef>();
  for (const { threshold, block, disk, instance } of node.finals) {
    const key = `${instance.id} ${threshold} ${disk}`;
    const before = last.get(key);
    const height = before?.height ?? instance.keyBlock.height;
    if (block.height !== height + 1 || block.parent !== before?.unit) {
      broken.push(`I-3 ${node.name} has block ${block.height} final at ${threshold} after ${height}`);
    }
    last.set(key, block);
  }
  return broken;
}

/** Smaller thresholds that were given up because too much weight had turned out faulty report nothing more. */
function missingAtSmaller(node: SimulatedNode): readonly string[] {
  const byInstance = Map.groupBy(node.finals, ({ instance }) => instance);
  return [...byInstance].flatMap(([{ id, era }, finals]) => {
    const violated = new Set(
      node.alarms.map((alarm) =>
        alarm.instance === id && alarm.cause === "thresholdExceeded" ? alarm.threshold : undefined,
      ),
    );
    const thresholds = [...new Set(finals.map(({ threshold }) => threshold))].filter((t) => !violated.has(t));
    const finalAt = (threshold: number) =>
      new Set(finals.filter((final) => final.threshold === threshold).map(({ block }) => block.unit));
    const sets = thresholds.sort((a, b) => a - b).map(finalAt);
    return thresholds
      .filter((_, i) => i > 0 && [...(sets[i] ?? [])].some((block) => !sets[i - 1]?.has(block)))
      .map((t) => `I-4 ${node.name} has finals of era ${era} at ${t} that are not final at a smaller threshold`);
  });
}

/** Every unit stands after all it cites, and cites of validator i what i made. A crash loses the last batch, so it opens the state. */
function openState(node: SimulatedNode): readonly string[] {
  return node.crashes > 0 ? [] : node.lived.flatMap(({ units }) => unsupported(node, units));
}

function unsupported(node: SimulatedNode, units: MemoryUnitStore): readonly string[] {
  const earlier = new Map<UnitHash, SignedUnit>();
  const broken: string[] = [];
  for (const unit of units.signedUnits()) {
    let next = 0;
    unit.body.observations.forEach((seen, i) => {
      if (seen <= 1) return;
      const cited = earlier.get(unit.hashes[next++] as UnitHash);
      if (cited?.creator !== i || cited.seq !== seen - 2)
        broken.push(`I-6 ${node.name} holds ${unit.hash} without what it cites`);
    });
    earlier.set(unit.hash, unit);
  }
  return broken;
}

function accusations(node: SimulatedNode, dishonest: ReadonlySet<number>): readonly string[] {
  return node.faults.filter((i) => !dishonest.has(i)).map((i) => `I-9 ${node.name} accuses ${i}, who is honest`);
}

/** Its own rounds: by its own clock, which the times of its units are. */
function crowdedRounds(node: SimulatedNode): readonly string[] {
  return node.lived.flatMap(({ record: { instance }, units }) => {
    const own = node.memberOf(instance);
    const { baseRoundMs } = instance.params;
    const counts = new Map<number, number>();
    for (const { creator, body } of units.signedUnits()) {
      const round = Math.floor(body.t / (baseRoundMs * 2 ** body.roundExp));
      if (creator === own) counts.set(round, (counts.get(round) ?? 0) + 1);
    }
    return [...counts]
      .filter(([, count]) => count > 2)
      .map(([round, count]) => `I-21 ${node.name}: ${count} units in ${round}`);
  });
}
