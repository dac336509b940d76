import { type BlockNode, descendsFrom } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Dag } from "./dag.ts";
import { type DagUnit, laneAncestor } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";
import { isStronger, requiredQuorum, type Strength, strengthOf } from "./quorum.ts";
import { SummitBound } from "./summit-bound.ts";

/** The best summit over a block, and what it is worth. */
export interface Confidence {
  /** Share of all weight that must equivocate to undo the block, as far as this state shows; 0 without a summit. */
  readonly fraction: number;
  /** Greatest weight that may equivocate without undoing it; undefined without a summit. */
  readonly maxT: Weight | undefined;
  /** The greatest (2q − N)(1 − 2^−k) over all summits. */
  readonly strength: Strength;
  /** Level k of the best summit, 0 if there is none. */
  readonly level: number;
  /** Quorum q of the best summit, undefined if there is none. */
  readonly quorum: Weight | undefined;
  /** For every level that has a summit, the greatest quorum. */
  readonly frontier: readonly { readonly level: number; readonly quorum: Weight }[];
  /** Weight proven to equivocate, whatever it votes for. */
  readonly faultyWeight: Weight;
  readonly total: Weight;
}

/** Answer of one search: the levels, and for which other quorums every comparison would have ended the same. */
interface Levels {
  readonly levels: number;
  /** Greatest sum that was too small: the answer holds for every quorum above it … */
  readonly failed: Weight;
  /** … up to the least sum that was enough. */
  readonly passed: Weight;
}

const NONE = -1;

/**
 * Search for summits over one block in a growing state. Keeps, per validator, where its unbroken streak of votes for the
 * block begins, and bounds that tell without a search that there is no summit yet; the rest is computed anew for every
 * question.
 *
 * @see KoMaBFT spec 12.4; white paper 2.4
 */
export class SummitSearch {
  readonly block: BlockNode;
  readonly #dag: Dag;
  /** Latest unit of each validator when its streak was last looked at. */
  readonly #tips: (DagUnit | undefined)[];
  /** Sequence number of the first unit of the streak that ends at the tip, -1 without one. */
  readonly #starts: Int32Array;
  /** By quorum. With 150 validators nearly every question is asked before there is a summit, and a search costs 1 ms. */
  readonly #bounds = new Map<Weight, SummitBound>();
  #known: { readonly revision: number; readonly confidence: Confidence } | undefined;

  constructor(dag: Dag, block: BlockNode) {
    this.block = block;
    this.#dag = dag;
    this.#tips = new Array<DagUnit | undefined>(dag.instance.size).fill(undefined);
    this.#starts = new Int32Array(dag.instance.size).fill(NONE);
  }

  /** Brings the streaks up to the state; answers the weight of the validators that vote for the block. */
  refresh(): Weight {
    const { latest, instance } = this.#dag;
    let voting = 0;
    for (let i = 0; i < latest.length; i++) {
      const observation = latest[i];
      const tip = isCorrect(observation) ? observation : undefined;
      if (tip !== this.#tips[i]) {
        const start = this.#streakStart(i, tip);
        // A streak that ended still counts in the bounds: they hold, but new ones are tighter.
        if (this.#starts[i] !== NONE && this.#starts[i] !== start) this.#bounds.clear();
        this.#starts[i] = start;
        this.#tips[i] = tip;
      }
      if ((this.#starts[i] as number) !== NONE) voting += instance.weights[i] as Weight;
    }
    return voting;
  }

  /** True when a summit over the block is stronger than `threshold`. Needs {@link refresh} first. */
  isFinalAt(threshold: Weight): boolean {
    const { committee, params } = this.#dag.instance;
    // The quorum falls as levels are added, so the levels at the quorum for k bound every level that can be reached.
    let level = params.maxLevel;
    while (level > 0) {
      const quorum = requiredQuorum(level, threshold, committee.total);
      const most = this.#boundFor(quorum).levels(this.#starts);
      if (most < level) {
        level = most;
        continue;
      }
      const found = this.#search(quorum, level).levels;
      if (found === level) return true;
      level = found;
    }
    return false;
  }

  /** Number of nested quorums of weight `quorum` over the block, at most `maxLevel`. Needs {@link refresh} first. */
  levels(quorum: Weight): number {
    return this.#search(quorum, this.#dag.instance.params.maxLevel).levels;
  }

  /** The strongest summit over the block. Needs {@link refresh} first. */
  confidence(): Confidence {
    const { revision } = this.#dag;
    if (this.#known?.revision !== revision) this.#known = { revision, confidence: this.#strongest() };
    return this.#known.confidence;
  }

  #strongest(): Confidence {
    const { committee } = this.#dag.instance;
    const { total } = committee;
    const frontier = this.#frontier();
    let best: { level: number; quorum: Weight; strength: Strength } | undefined;
    for (const { level, quorum } of frontier) {
      const strength = strengthOf(quorum, level, total);
      if (best === undefined || isStronger(strength, best.strength)) best = { level, quorum, strength };
    }
    const strength = best?.strength ?? { numerator: 0, denominator: 1 };
    const needed = Math.ceil(strength.numerator / strength.denominator);
    return {
      fraction: needed / total,
      maxT: best === undefined ? undefined : needed - 1,
      strength,
      level: best?.level ?? 0,
      quorum: best?.quorum,
      frontier,
      faultyWeight: this.#dag.faultyWeight,
      total,
    };
  }

  /** Greatest quorum for every level that has one above half of the weight; quorums fall as levels grow. */
  #frontier(): readonly { readonly level: number; readonly quorum: Weight }[] {
    const { total } = this.#dag.instance.committee;
    const greatest = new Map<number, Weight>();
    const low = Math.floor(total / 2) + 1;
    const explore = (from: Weight, to: Weight, most: number, least: number): void => {
      // Between two quorums with the same answer there is nothing to learn.
      if (from > to || most === least) return;
      const middle = Math.floor((from + to) / 2);
      const { levels, failed, passed } = this.#search(middle, this.#dag.instance.params.maxLevel);
      const end = Math.min(passed, to);
      if (levels > 0 && end > (greatest.get(levels) ?? 0)) greatest.set(levels, end);
      explore(from, Math.max(failed, from - 1), most, levels);
      explore(end + 1, to, levels, least);
    };
    explore(low, total, Number.POSITIVE_INFINITY, 0);
    const frontier: { level: number; quorum: Weight }[] = [];
    let quorum = 0;
    const top = Math.max(0, ...greatest.keys());
    for (let level = top; level >= 1; level--) {
      quorum = Math.max(quorum, greatest.get(level) ?? 0);
      frontier.unshift({ level, quorum });
    }
    return frontier;
  }

  #boundFor(quorum: Weight): SummitBound {
    const known = this.#bounds.get(quorum);
    if (known !== undefined) return known;
    const since = this.#dag.unit(this.block.unit)?.position ?? 0;
    const bound = new SummitBound(this.#dag, quorum, since);
    this.#bounds.set(quorum, bound);
    return bound;
  }

  #streakStart(index: number, tip: DagUnit | undefined): number {
    const before = this.#tips[index];
    let start = NONE;
    let unit = tip;
    while (unit !== undefined && descendsFrom(unit.vote, this.block)) {
      if (unit === before) return this.#starts[index] === NONE ? start : (this.#starts[index] as number);
      start = unit.seq;
      unit = unit.prev;
    }
    return start;
  }

  /** The greedy search: every summit lies inside the sets it finds. */
  #search(quorum: Weight, maxLevel: number): Levels {
    const { weights } = this.#dag.instance;
    let first = this.#starts;
    let members: number[] = [];
    for (let i = 0; i < first.length; i++) if (first[i] !== NONE) members.push(i);
    let failed = 0;
    let passed = Number.POSITIVE_INFINITY;
    const reaches = (unit: DagUnit): boolean => {
      const weight = seenWeight(unit, members, first, weights);
      if (weight >= quorum) {
        if (weight < passed) passed = weight;
        return true;
      }
      if (weight > failed) failed = weight;
      return false;
    };
    for (let level = 1; level <= maxLevel; level++) {
      for (;;) {
        const stay = members.filter((i) => reaches(this.#tips[i] as DagUnit));
        if (stay.length === members.length) break;
        members = stay;
      }
      if (members.length === 0) return { levels: level - 1, failed, passed };
      const next = new Int32Array(first.length).fill(NONE);
      for (const i of members) next[i] = this.#earliest(this.#tips[i] as DagUnit, first[i] as number, reaches);
      first = next;
    }
    return { levels: maxLevel, failed, passed };
  }

  /** First unit from number `low` on that reaches the quorum. Later units of a lane see more, so halving finds it. */
  #earliest(tip: DagUnit, low: number, reaches: (unit: DagUnit) => boolean): number {
    let from = low;
    let to = tip.seq;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (reaches(laneAncestor(tip, middle) as DagUnit)) to = middle;
      else from = middle + 1;
    }
    return to;
  }
}

/** Weight of the members of whom `unit` sees (or is) a unit at or after their `first`. */
export function seenWeight(
  unit: DagUnit,
  members: readonly number[],
  first: Int32Array,
  weights: readonly Weight[],
): Weight {
  const { cited, creator } = unit;
  let sum = 0;
  for (const i of members) {
    const seen = i === creator ? unit.seq : (cited[i] as number);
    if (seen >= (first[i] as number)) sum += weights[i] as Weight;
  }
  return sum;
}
