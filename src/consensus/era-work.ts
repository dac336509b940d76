import { BugError } from "../errors.ts";
import { timestamp } from "../primitives/index.ts";
import type { BlockNode } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { RoundMarks } from "./era-participation.ts";
import { isOpenSlot, leaderOf } from "./leader.ts";
import { participationOf } from "./participation.ts";
import type { UnitHash } from "./unit.ts";

/** What one member of a committee did in an era. */
export interface MemberWork {
  readonly weight: Weight;
  /** Rounds with a block that asked it for a unit. */
  readonly asked: number;
  /** Those in which one came. */
  readonly came: number;
  /** Slots that were its to lead as a producer, the blocks that it made included. */
  readonly expected: number;
  /** Its blocks in the chain. */
  readonly made: number;
}

/** Slots between two blocks that are charged to their leaders where slots never open: a halt is nobody's. */
const MAX_GAP_SLOTS = 64;

/**
 * What everybody did in an era, by index in the committee, as the unit of its switch block shows it: every node that has the
 * unit finds the same. Blocks are those of the whole era; rounds those below the switch block, whose own nobody has
 * answered yet.
 *
 * A slot without a block is charged to its leader while a producer leads it, and asked anything of it; an open slot is
 * nobody's fault.
 *
 * @see KoMaBFT spec 8.2, 8.3, 13; root contracts 6.2
 * @param rounds  the participation that the same unit shows
 * @throws {BugError} without that unit
 */
export function eraWork(dag: Dag, switchUnit: UnitHash, rounds: readonly RoundMarks[]): readonly MemberWork[] {
  const { instance } = dag;
  const unit = dag.unit(switchUnit);
  if (unit?.block === undefined) throw new BugError(`the unit ${switchUnit} of a switch block is not in the state`);
  const work = instance.weights.map((weight) => ({ weight, asked: 0, came: 0, expected: 0, made: 0 }));
  for (const { marks } of rounds) {
    for (const [i, mark] of marks.entries()) {
      const member = work[i] as (typeof work)[number];
      if (mark !== "unassigned") member.asked++;
      if (mark === "yes") member.came++;
    }
  }
  for (let block: BlockNode | undefined = unit.block; block !== undefined; block = block.parent) {
    const maker = work[block.creator] as (typeof work)[number];
    maker.made++;
    maker.expected++;
    for (const leader of missedBefore(dag, unit, block)) (work[leader] as (typeof work)[number]).expected++;
  }
  return work;
}

/** Leaders of the slots between a block and its parent that a producer led and that asked it for a block. */
function missedBefore({ instance }: Dag, unit: DagUnit, { t, parent }: BlockNode): readonly number[] {
  const { baseRoundMs } = instance.params;
  const first = parent ? parent.t + baseRoundMs : instance.eraStart;
  const leaders: number[] = [];
  for (let at = first; at < t && at < first + MAX_GAP_SLOTS * baseRoundMs; at += baseRoundMs) {
    const slot = timestamp(at);
    if (isOpenSlot(instance, slot, parent)) break;
    const leader = leaderOf(instance, slot, parent);
    const seen = participationOf(instance, unit.panorama[leader], slot);
    if (seen !== "unassigned") leaders.push(leader);
  }
  return leaders;
}
