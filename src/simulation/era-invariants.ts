import { decodeEraEnd, type Era, type Instance, perpetratorOf, SEEN_FAULTY } from "../consensus/index.ts";
import type { Address } from "../primitives/index.ts";
import { conflictingFinals } from "./conflicting-finals.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import type { Simulation } from "./simulation.ts";

/** What of sections 13 and 18 a finished run shows about the borders of eras: I-31, I-32 and I-33. */
export function brokenEras(simulation: Simulation, honest: readonly SimulatedNode[]): readonly string[] {
  return [
    ...honest.flatMap(blocksAfterTheLast),
    // Where blocks competed, so do the eras that follow them: Theorem 1 has judged that.
    ...(conflictingFinals(simulation).length > 0 ? [] : [...differentEras(honest), ...differentChains(honest)]),
    ...honest.flatMap((node) => otherCommittees(simulation, node)),
    ...honest.flatMap((node) => otherBans(simulation, node)),
    ...honest.flatMap(forgottenEvidence),
  ];
}

function blocksAfterTheLast({ name, finals, lived }: SimulatedNode): readonly string[] {
  const broken: string[] = [];
  const terminal = new Map(finals.filter(({ block }) => block.terminal).map((each) => [each.instance, each.block]));
  for (const { block, instance } of finals) {
    const last = terminal.get(instance);
    if (last !== undefined && block.height > last.height)
      broken.push(`I-31 ${name} has block ${block.height} after the last block ${last.height} of era ${instance.era}`);
  }
  for (const { record } of lived) {
    const { keyBlock, number } = record.era;
    const before = lived.find(({ record: { era } }) => era.number === number - 1)?.record.instance;
    const last = before && terminal.get(before);
    if (last !== undefined && (last.payloadHash !== keyBlock.hash || last.height !== keyBlock.height))
      broken.push(`I-31 ${name} began era ${number} on another block than the last of the era before`);
  }
  return broken;
}

function differentEras(honest: readonly SimulatedNode[]): readonly string[] {
  const first = new Map<number, Instance>();
  const broken: string[] = [];
  for (const { name, lived } of honest) {
    for (const { record } of lived) {
      const known = first.get(record.era.number) ?? record.instance;
      first.set(record.era.number, known);
      if (known.id !== record.instance.id) broken.push(`I-31 ${name} is in another era ${record.era.number}`);
    }
  }
  return broken;
}

/** Whoever joins or was away, at whatever time, has the same blocks. */
function differentChains(honest: readonly SimulatedNode[]): readonly string[] {
  const [longest] = [...honest].sort((a, b) => b.disk.chain.length - a.disk.chain.length);
  return honest.flatMap(({ name, disk }) => {
    const other = disk.chain.find(({ hash }, i) => hash !== longest?.disk.chain[i]?.hash);
    return other === undefined ? [] : [`I-33 ${name} has another block ${other.height}`];
  });
}

/** What the end of an era says, read off its unit and the schedule of stakes alone. */
interface ToldEnd {
  readonly faulty: readonly Address[];
  readonly staked: ReadonlyMap<Address, bigint> | undefined;
}

function endsOf(simulation: Simulation, { disk }: SimulatedNode): ReadonlyMap<number, ToldEnd> {
  const told = new Map<number, ToldEnd>();
  for (const { era, end } of disk.eras) {
    const unit = end && decodeEraEnd(end)?.unit;
    if (!unit) continue;
    const marked = unit.body.observations.flatMap((seen, i) => (seen === SEEN_FAULTY ? [i] : []));
    const staked = simulation.world.stakedAfter(unit.body.t)?.filter(({ stake }) => stake > 0n);
    told.set(era.number, {
      faulty: signersOf(era, marked),
      staked: staked && new Map(staked.map(({ signer, stake }) => [signer, stake])),
    });
  }
  return told;
}

function signersOf({ committee }: Era, indexes: readonly number[]): readonly Address[] {
  return indexes.flatMap((index) => committee.validators[index]?.signer ?? []);
}

/**
 * The committee of era e, found without the code that chooses it: who was staked after the switch block of e − 2, less those
 * whom a switch block up to then has shown as faulty and the root chain has not let go since.
 */
function otherCommittees(simulation: Simulation, node: SimulatedNode): readonly string[] {
  const told = endsOf(simulation, node);
  const out = new Set<Address>();
  const broken: string[] = [];
  for (const { era } of node.disk.eras) {
    const end = told.get(era.number - 2);
    if (end?.staked === undefined) continue;
    for (const signer of end.faulty) out.add(signer);
    const eligible = [...end.staked].filter(([signer]) => !out.has(signer));
    for (const signer of out) if (!end.staked.has(signer)) out.delete(signer);
    const wanted = new Set(eligible.map(([signer]) => signer));
    const found = new Set(era.committee.validators.map(({ signer }) => signer));
    if (wanted.size > 0 && (wanted.size !== found.size || [...wanted].some((signer) => !found.has(signer))))
      broken.push(
        `I-31 ${node.name}: the committee of era ${era.number} is not what the switch block two eras back says`,
      );
    if (!weighsAsStaked(era, end.staked))
      broken.push(`I-31 ${node.name}: weights of era ${era.number} are not its stakes`);
  }
  return broken;
}

/** Greater stakes weigh at least as much, and nobody's share is off by more than rounding. */
function weighsAsStaked({ committee }: Era, staked: ReadonlyMap<Address, bigint>): boolean {
  const total = committee.validators.reduce((sum, { signer }) => sum + Number(staked.get(signer) ?? 0n), 0);
  return committee.validators.every(({ signer, weight }) => {
    const share = Number(staked.get(signer) ?? 0n) / total;
    return Math.abs(weight / committee.total - share) < committee.validators.length / committee.total;
  });
}

/** Whom the switch block of e − 1 shows as faulty, and who was not banned there for the same, is banned in e; nobody else is. */
function otherBans(simulation: Simulation, node: SimulatedNode): readonly string[] {
  const told = endsOf(simulation, node);
  return node.disk.eras.flatMap(({ era }) => {
    const end = told.get(era.number - 1);
    const before = node.disk.eras.find((record) => record.era.number === era.number - 1)?.era;
    if (end === undefined || before === undefined) return [];
    const already = new Set(signersOf(before, before.banned));
    const members = new Set(era.committee.validators.map(({ signer }) => signer));
    const wanted = end.faulty.filter((signer) => !already.has(signer) && members.has(signer)).sort();
    const found = [...signersOf(era, era.banned)].sort();
    return wanted.join() === found.join()
      ? []
      : [`I-32 ${node.name}: era ${era.number} bans ${found.length}, its switch block shows ${wanted.length}`];
  });
}

/** What was reported is on the disk that reported it, however old its era is. */
function forgottenEvidence({ name, reported, disk, disks }: SimulatedNode): readonly string[] {
  return reported.flatMap(({ accused, instance, disk: on }) => {
    if (on !== disks) return [];
    const kept = disk.evidenceOf(instance.id).some((evidence) => perpetratorOf(evidence) === accused);
    return kept ? [] : [`I-32 ${name} has lost its evidence against ${accused} of era ${instance.era}`];
  });
}
