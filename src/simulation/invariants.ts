import type { SignedUnit, UnitHash } from "../consensus/index.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import type { Simulation } from "./simulation.ts";
import { judgeSafety } from "./verdicts.ts";

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
  ];
}

function brokenTheorem(simulation: Simulation): readonly string[] {
  const { equivocating, conflicts } = judgeSafety(simulation);
  return conflicts
    .filter(({ threshold }) => equivocating <= threshold)
    .map(
      ({ height, threshold }) => `I-1 competing finals at ${height} and t = ${threshold}, equivocating ${equivocating}`,
    );
}

function differentFinals(simulation: Simulation, honest: readonly SimulatedNode[]): readonly string[] {
  const { equivocating } = judgeSafety(simulation);
  const first = new Map<string, UnitHash>();
  const broken: string[] = [];
  for (const { name, finals } of honest) {
    for (const { threshold, block } of finals) {
      if (equivocating > threshold) continue;
      const key = `${threshold} ${block.height}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, block.unit);
      else if (known !== block.unit)
        broken.push(`I-2 ${name} has another block at height ${block.height}, t = ${threshold}`);
    }
  }
  return broken;
}

/** Per threshold and disk: each final block is the child of the one before, and comes once. */
function brokenOrder(node: SimulatedNode): readonly string[] {
  const broken: string[] = [];
  const last = new Map<number, { readonly unit: UnitHash; readonly height: number; readonly disk: number }>();
  for (const { threshold, block, disk } of node.finals) {
    const known = last.get(threshold);
    const before = known?.disk === disk ? known : undefined;
    if (block.height !== (before?.height ?? 0) + 1 || block.parent !== before?.unit) {
      broken.push(`I-3 ${node.name} has block ${block.height} final at ${threshold} after ${before?.height ?? "none"}`);
    }
    last.set(threshold, { unit: block.unit, height: block.height, disk });
  }
  return broken;
}

/** Smaller thresholds that were given up because too much weight had turned out faulty report nothing more. */
function missingAtSmaller(node: SimulatedNode): readonly string[] {
  const violated = new Set(
    node.alarms.map((alarm) => (alarm.cause === "thresholdExceeded" ? alarm.threshold : undefined)),
  );
  const thresholds = [...new Set(node.finals.map(({ threshold }) => threshold))].filter((t) => !violated.has(t));
  const finalAt = (threshold: number) => new Set(node.finalsAt(threshold).map(({ block }) => block.unit));
  const sets = thresholds.sort((a, b) => a - b).map(finalAt);
  return thresholds
    .filter((_, i) => i > 0 && [...(sets[i] ?? [])].some((block) => !sets[i - 1]?.has(block)))
    .map((threshold) => `I-4 ${node.name} has finals at ${threshold} that are not final at a smaller threshold`);
}

/** Every unit stands after all it cites, and cites of validator i what i made. A crash loses the last batch, so it opens the state. */
function openState(node: SimulatedNode): readonly string[] {
  if (node.crashes > 0) return [];
  const earlier = new Map<UnitHash, SignedUnit>();
  const broken: string[] = [];
  for (const unit of node.store.signedUnits()) {
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
  const { baseRoundMs } = node.instance.params;
  const counts = new Map<number, number>();
  for (const { creator, body } of node.store.signedUnits()) {
    const round = Math.floor(body.t / (baseRoundMs * 2 ** body.roundExp));
    if (creator === node.index) counts.set(round, (counts.get(round) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 2)
    .map(([round, count]) => `I-21 ${node.name}: ${count} units in ${round}`);
}
