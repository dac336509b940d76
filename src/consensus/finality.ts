import { ancestorAtDepth, type BlockNode, descendsFrom } from "./block-tree.ts";
import type { Weight } from "./committee.ts";
import type { Dag } from "./dag.ts";
import { requiredQuorum, thresholdFromFraction } from "./quorum.ts";
import { type Confidence, SummitSearch } from "./summit.ts";
import type { UnitHash } from "./unit.ts";

/** How much certainty an observer wants before it calls a block final; private to each node. */
export interface Threshold {
  /** The share it was asked for: at least this much of all weight must equivocate to undo a final block. */
  readonly fraction: number;
  /** Weight that may equivocate without undoing a final block. */
  readonly t: Weight;
}

/** What one threshold has reached. */
export interface FinalityStatus {
  readonly threshold: Threshold;
  /** Last final block; undefined: the key block. */
  readonly last: BlockNode | undefined;
  /** More weight is proven faulty than the threshold allows: nothing is reported at it any more. */
  readonly violated: boolean;
}

export interface NewlyFinal {
  readonly threshold: Threshold;
  readonly block: BlockNode;
  readonly confidence: Confidence;
}

interface Cursor {
  readonly threshold: Threshold;
  last: BlockNode | undefined;
  violated: boolean;
  /** Reported before a restart, and not in the state again: nothing more is reported until it is. */
  awaited: UnitHash | undefined;
}

/**
 * Final blocks of one node at all of its thresholds: in height order, without gaps, each once. What was reported stays
 * reported.
 *
 * @see KoMaBFT spec 12.4, 12.5
 */
export class FinalityDetector {
  readonly #dag: Dag;
  /** Ascending: what is final at a threshold is final at every smaller one, so the smaller are reported first. */
  #cursors: readonly Cursor[];
  /** One search per candidate, shared by the thresholds that wait for the same block. */
  readonly #searches = new Map<BlockNode, SummitSearch>();

  constructor(dag: Dag, fractions: readonly number[]) {
    this.#dag = dag;
    this.#cursors = fractions.map((fraction) => this.#cursorAt(fraction)).sort(byThreshold);
  }

  /**
   * Watches these thresholds from now on. Known ones go on where they are; a new one begins above what is final at it
   * already, which is not reported.
   */
  watch(fractions: readonly number[], head: BlockNode | undefined): void {
    const cursors = fractions.map((fraction) => {
      const known = this.#cursors.find(({ threshold }) => threshold.fraction === fraction);
      if (known !== undefined) return known;
      const cursor = this.#cursorAt(fraction);
      cursor.last = this.#highestFinal(cursor.threshold.t, head);
      return cursor;
    });
    this.#cursors = cursors.sort(byThreshold);
  }

  /**
   * Last block final at a third, or at the greatest threshold below that is watched. With less than a third of faults that
   * is for ever, and higher thresholds may come much later or never.
   */
  get finalAtThird(): BlockNode | undefined {
    const third = thresholdFromFraction(1 / 3, this.#dag.instance.committee.total);
    return this.#cursors.findLast(({ threshold }) => threshold.t <= third)?.last;
  }

  status(): readonly FinalityStatus[] {
    return this.#cursors.map(({ threshold, last, violated }) => ({ threshold, last, violated }));
  }

  /**
   * Takes up what was reported before a restart: sticky results are not worked out again. The block may still be missing,
   * when a crash has lost a unit below it that peers have to send again.
   */
  resume(t: Weight, last: UnitHash): void {
    for (const cursor of this.#cursors) if (cursor.threshold.t === t) cursor.awaited = last;
    this.#takeUp();
  }

  /** Thresholds that the faulty weight now known exceeds, each once. */
  newlyViolated(): readonly Threshold[] {
    const broken = this.#cursors.filter((cursor) => !cursor.violated && this.#dag.faultyWeight > cursor.threshold.t);
    for (const cursor of broken) cursor.violated = true;
    return broken.map((cursor) => cursor.threshold);
  }

  /** Blocks that became final since the last call; candidates are those on the way to the fork choice `head`. */
  advance(head: BlockNode | undefined): readonly NewlyFinal[] {
    this.#takeUp();
    if (head === undefined) return [];
    const finals: NewlyFinal[] = [];
    const wanted = new Set<BlockNode>();
    for (const cursor of this.#cursors) {
      if (cursor.violated || cursor.awaited !== undefined) continue;
      for (let block = nextCandidate(cursor, head); block !== undefined; block = nextCandidate(cursor, head)) {
        const search = this.#searchFor(block);
        wanted.add(block);
        if (!this.#isFinal(search, cursor.threshold.t)) break;
        cursor.last = block;
        finals.push({ threshold: cursor.threshold, block, confidence: search.confidence() });
      }
    }
    for (const block of this.#searches.keys()) if (!wanted.has(block)) this.#searches.delete(block);
    return finals;
  }

  #cursorAt(fraction: number): Cursor {
    const t = thresholdFromFraction(fraction, this.#dag.instance.committee.total);
    return { threshold: { fraction, t }, last: undefined, violated: false, awaited: undefined };
  }

  /** By halving: the ancestors of a final block are final at the same threshold. */
  #highestFinal(t: Weight, head: BlockNode | undefined): BlockNode | undefined {
    if (head === undefined || this.#dag.faultyWeight > t) return undefined;
    let final: BlockNode | undefined;
    let low = 0;
    for (let high = head.depth; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      const block = ancestorAtDepth(head, middle) as BlockNode;
      if (this.#isFinal(new SummitSearch(this.#dag, block), t)) {
        final = block;
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return final;
  }

  #takeUp(): void {
    for (const cursor of this.#cursors) {
      const block = cursor.awaited && this.#dag.block(cursor.awaited);
      if (block === undefined) continue;
      cursor.last = block;
      cursor.awaited = undefined;
    }
  }

  #isFinal(search: SummitSearch, t: Weight): boolean {
    const { committee, params } = this.#dag.instance;
    const voting = search.refresh();
    // No summit has a greater quorum than all the votes for the block together: spares the search while they come in.
    return voting >= requiredQuorum(params.maxLevel, t, committee.total) && search.isFinalAt(t);
  }

  #searchFor(block: BlockNode): SummitSearch {
    const known = this.#searches.get(block);
    if (known !== undefined) return known;
    const search = new SummitSearch(this.#dag, block);
    this.#searches.set(block, search);
    return search;
  }
}

function byThreshold(a: Cursor, b: Cursor): number {
  return a.threshold.t - b.threshold.t;
}

/** The child of the cursor's block on the way to the head; nothing when the head lies elsewhere. */
function nextCandidate(cursor: Cursor, head: BlockNode): BlockNode | undefined {
  if (cursor.last !== undefined && !descendsFrom(head, cursor.last)) return undefined;
  const depth = (cursor.last?.depth ?? 0) + 1;
  return depth > head.depth ? undefined : ancestorAtDepth(head, depth);
}

/** Confidence in any block of the state now. */
export function confidenceIn(dag: Dag, block: BlockNode): Confidence {
  const search = new SummitSearch(dag, block);
  search.refresh();
  return search.confidence();
}
