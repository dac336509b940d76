import type { Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Slot } from "./leader.ts";
import type { UnitHash } from "./unit.ts";

/** A unit of the state as people and tools look at it. */
export interface UnitView {
  readonly hash: UnitHash;
  readonly creator: ValidatorIndex;
  readonly seq: number;
  readonly t: Timestamp;
  /** Start of its creator's round. */
  readonly round: Slot;
  readonly roundExp: number;
  /** The latest unit seen of each validator, "faulty", or undefined for nothing. */
  readonly cites: readonly (UnitHash | "faulty" | undefined)[];
  /** The block it carries. */
  readonly block: { readonly height: number; readonly parent: UnitHash | undefined } | undefined;
  /** Unit of the block it votes for; undefined: the key block. */
  readonly vote: UnitHash | undefined;
}

export interface RecentUnits {
  /** Base rounds back from the newest unit, that of the newest included. */
  readonly rounds: number;
  /** Most units; the newest count. */
  readonly limit: number;
}

/** The newest units of a state, oldest first. Looks at no more than `limit` of them. */
export function recentUnits(dag: Dag, { rounds, limit }: RecentUnits): readonly UnitView[] {
  const { baseRoundMs } = dag.instance.params;
  const newest = dag.order.slice(-limit);
  const latest = newest.reduce((time, { t }) => Math.max(time, t), 0);
  const since = (Math.floor(latest / baseRoundMs) - rounds + 1) * baseRoundMs;
  return newest.filter(({ t }) => t >= since).map(viewOf);
}

function viewOf(unit: DagUnit): UnitView {
  const { hash, creator, seq, t, roundId, roundExp, panorama, block, vote } = unit;
  return {
    hash,
    creator,
    seq,
    t,
    round: roundId,
    roundExp,
    cites: panorama.map((seen) => (typeof seen === "object" ? seen.hash : seen)),
    block: block && { height: block.height, parent: block.parent?.unit },
    vote: vote?.unit,
  };
}
