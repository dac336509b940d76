import {
  type Instance,
  panoramaRoot,
  type SignedUnit,
  signUnit,
  type UnitHash,
  type WireUnit,
} from "../consensus/index.ts";
import { type Timestamp, timestamp } from "../primitives/index.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** Widest bomb: number i of the conspirators makes 2^i units. */
const MOST_CONSPIRATORS = 10;

/**
 * Units of conspirators who fork in turn: each makes two units on every unit of the one before, so that no unit shows two
 * forks of anybody to those who see only its own past. In an order in which they can be added.
 *
 * @param instance all conspirators are members of its committee
 * @param root an honest unit for the first of them to cite
 * @see KoMaBFT spec 11 (fork bomb)
 */
export function forkBomb(
  instance: Instance,
  conspirators: readonly SimulatedNode[],
  root: WireUnit & { readonly hash: UnitHash },
  now: number,
): readonly SignedUnit[] {
  const units: SignedUnit[] = [];
  let tips: readonly { readonly entries: ReadonlyMap<number, { readonly seq: number; readonly hash: UnitHash }> }[] = [
    { entries: pastOf(root) },
  ];
  for (const conspirator of conspirators.slice(0, MOST_CONSPIRATORS)) {
    const next: (typeof tips)[number][] = [];
    for (const { entries } of tips) {
      for (const fork of [0, 1]) {
        const unit = forge(instance, conspirator, entries, timestamp(now - fork));
        units.push(unit);
        next.push({ entries: new Map([...entries, [unit.creator, { seq: unit.seq, hash: unit.hash }]]) });
      }
    }
    tips = next;
  }
  return units;
}

type Entries = ReadonlyMap<number, { readonly seq: number; readonly hash: UnitHash }>;

/** The panorama of whoever has seen `unit` and nothing else. */
function pastOf(unit: WireUnit & { readonly hash: UnitHash }): Entries {
  const entries = new Map<number, { seq: number; hash: UnitHash }>();
  let next = 0;
  unit.body.observations.forEach((seen, index) => {
    if (seen > 1) entries.set(index, { seq: seen - 2, hash: unit.hashes[next++] as UnitHash });
  });
  entries.set(unit.creator, { seq: unit.seq, hash: unit.hash });
  return entries;
}

function forge(instance: Instance, creator: SimulatedNode, entries: Entries, t: Timestamp): SignedUnit {
  const index = creator.memberOf(instance) ?? -1;
  const observations = instance.weights.map((_, i) => (entries.get(i)?.seq ?? -2) + 2);
  const hashes = instance.weights.flatMap((_, i) => entries.get(i)?.hash ?? []);
  const own = entries.get(index);
  const unit = signUnit(
    instance.domain,
    {
      instance: instance.id,
      creator: index,
      seq: own === undefined ? 0 : own.seq + 1,
      prev: own?.hash,
      body: {
        panoramaRoot: panoramaRoot(observations, hashes),
        observations,
        t,
        roundExp: 0,
        blockHash: undefined,
        endorsed: [],
      },
      hashes,
    },
    creator.privateKey,
  );
  creator.signedBesides(unit);
  return unit;
}
