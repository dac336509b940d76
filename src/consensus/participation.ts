import type { BlockNode } from "./block-tree.ts";
import { descendsFrom } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit, Observation, Panorama } from "./dag-unit.ts";
import { forkChoice } from "./fork-choice.ts";
import type { Instance } from "./instance.ts";
import type { Slot } from "./leader.ts";
import { roundLengthMs } from "./rounds.ts";
import { seenWeight } from "./summit.ts";

/** What a round asked of a validator and got: nothing asked, asked and nothing came, or its latest unit of the round. */
export type RoundParticipation = "unassigned" | "no" | DagUnit;

/** What a round with a block pays, in any unit; shares of it are rounded down. */
export interface RewardAmounts {
  /** For a block whose summit weighs more than half of everybody and all that is faulty. */
  readonly full: bigint;
  /** For validators whose best summit weighs less. */
  readonly reduced: bigint;
}

/** One round with a block, as one panorama shows it. */
export interface RoundRecord {
  readonly participation: readonly RoundParticipation[];
  /** Weight of everybody whom the round asked. */
  readonly assignedWeight: Weight;
  /** Greatest quorum of a level-1 summit within the round that each validator is part of; 0 for none. */
  readonly quorums: readonly Weight[];
  /** Weight of the validators that the panorama shows as faulty. */
  readonly faultyWeight: Weight;
}

/** A validator's record over a chain of blocks. */
export interface ValidatorRecord {
  /** Rounds with a block that asked it for a unit. */
  readonly assigned: number;
  /** Those in which one came. */
  readonly participated: number;
  readonly reward: bigint;
}

/** Nobody's summit: `quorums` before the search. */
const NOT_VOTING = -1;

/**
 * Each validator's part in the round at `round`. Every node that has the panorama answers the same.
 *
 * @see KoMaBFT spec 13 (participation); casper-node finality_detector/rewards.rs
 */
export function participationIn(instance: Instance, panorama: Panorama, round: Slot): readonly RoundParticipation[] {
  return panorama.map((observation) => participationOf(instance, observation, round));
}

/** One validator's part in the round at `round`. */
export function participationOf(instance: Instance, observation: Observation, round: Slot): RoundParticipation {
  if (observation === "faulty") return "unassigned";
  let unit = observation;
  while (unit !== undefined && unit.roundId > round) unit = unit.prev;
  if (unit === undefined) return "no";
  // Its rounds are longer, and none of them starts here.
  if (round % roundLengthMs(instance.params, unit.roundExp) !== 0) return "unassigned";
  return unit.t < round ? "no" : unit;
}

/** Who took part in the round of a proposal, and in how strong a summit of level 1 among the units of that round. */
export function recordRound(instance: Instance, panorama: Panorama, proposal: DagUnit): RoundRecord {
  const participation = participationIn(instance, panorama, proposal.roundId);
  const { weights } = instance;
  const sumWhere = (holds: (index: number) => boolean): Weight =>
    weights.reduce((sum, weight, i) => (holds(i) ? sum + weight : sum), 0);
  return {
    participation,
    assignedWeight: sumWhere((i) => participation[i] !== "unassigned"),
    quorums: quorumsOver(proposal.block, participation, weights),
    faultyWeight: sumWhere((i) => panorama[i] === "faulty"),
  };
}

/** Raises the quorum step by step; whoever falls out was part of no greater summit. */
function quorumsOver(
  block: BlockNode | undefined,
  participation: readonly RoundParticipation[],
  weights: readonly Weight[],
): readonly Weight[] {
  const quorums = weights.map(() => 0);
  if (block === undefined) return quorums;
  const tips = participation.map((part) => (typeof part === "object" ? part : undefined));
  const first = Int32Array.from(tips, (tip) => streakStart(tip, block));
  const weightSeen = (i: number, members: readonly number[]) => seenWeight(tips[i] as DagUnit, members, first, weights);
  let members = prune(
    weights.flatMap((_, i) => (first[i] === NOT_VOTING ? [] : [i])),
    1,
    weightSeen,
  );
  while (members.length > 0) {
    const current = members;
    const quorum = Math.min(...current.map((i) => weightSeen(i, current)));
    members = prune(current, quorum + 1, weightSeen);
    for (const i of current) if (!members.includes(i)) quorums[i] = quorum;
  }
  return quorums;
}

/** Number of the first unit in the unbroken streak of votes for the block that ends at `tip`. */
function streakStart(tip: DagUnit | undefined, block: BlockNode): number {
  let start = NOT_VOTING;
  for (let unit = tip; unit !== undefined && descendsFrom(unit.vote, block); unit = unit.prev) start = unit.seq;
  return start;
}

/** The greatest set of members of whom each sees `quorum` within the set. */
function prune(
  members: readonly number[],
  quorum: Weight,
  weightSeen: (index: number, members: readonly number[]) => Weight,
): readonly number[] {
  let left = members;
  for (;;) {
    const stay = left.filter((i) => weightSeen(i, left) >= quorum);
    if (stay.length === left.length) return left;
    left = stay;
  }
}

/**
 * What the round of a proposal pays each validator: the amount times the share of the greatest quorum it was part of
 * times its share of the weight that was asked, rounded down.
 *
 * @see KoMaBFT spec 13 (rewards)
 */
export function rewardsForRound(
  instance: Instance,
  { quorums, assignedWeight, faultyWeight }: RoundRecord,
  amounts: RewardAmounts,
): readonly bigint[] {
  const { total } = instance.committee;
  if (assignedWeight === 0) return quorums.map(() => 0n);
  return quorums.map((quorum, i) => {
    const amount = 2 * (quorum - faultyWeight) > total ? amounts.full : amounts.reduced;
    return (amount * BigInt(quorum) * BigInt(instance.weights[i] as Weight)) / (BigInt(assignedWeight) * BigInt(total));
  });
}

/**
 * Everybody's record over the blocks that a panorama votes for, from the era's first on. With the panorama of the switch
 * block's unit this is the era's record; it holds for whoever has that unit, whatever else the node knows.
 */
export function recordChain(dag: Dag, panorama: Panorama, amounts: RewardAmounts): readonly ValidatorRecord[] {
  const { instance } = dag;
  const records = instance.weights.map(() => ({ assigned: 0, participated: 0, reward: 0n }));
  let block = forkChoice(panorama, instance.weights);
  for (; block !== undefined; block = block.parent) {
    const proposal = dag.unit(block.unit) as DagUnit;
    const round = recordRound(instance, panorama, proposal);
    const rewards = rewardsForRound(instance, round, amounts);
    for (const [i, record] of records.entries()) {
      const part = round.participation[i];
      if (part !== "unassigned") record.assigned++;
      if (typeof part === "object") record.participated++;
      record.reward += rewards[i] as bigint;
    }
  }
  return records;
}
