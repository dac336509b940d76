import type { Weight } from "./committee.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";

const NONE = -1;

interface Layer {
  /** Sequence number of each validator's first unit in this layer, -1 while it has none. */
  readonly first: Int32Array;
  /** Weight of the validators that have one. */
  weight: Weight;
}

/**
 * How many levels a summit of one quorum over one block can have at most, kept up while the state grows. Where the exact
 * search drops members until all of them see a quorum of each other, this counts everybody who ever voted for the block:
 * each unit is looked at once, and a search is worth its cost only where the bound is high enough.
 *
 * A validator that leaves (another vote, a fault) stays counted: the bound gets loose, never too small.
 */
export class SummitBound {
  readonly #dag: Dag;
  readonly #quorum: Weight;
  /** Layer 0 begins with each validator's streak of votes; a unit of layer k + 1 sees a quorum of layer k. */
  readonly #layers: Layer[] = [];
  /** Units of the state that were looked at. */
  #seen: number;

  /**
   * @param since position of the block's own unit: nothing before it can vote for the block
   */
  constructor(dag: Dag, quorum: Weight, since: number) {
    this.#dag = dag;
    this.#quorum = quorum;
    this.#seen = since;
    this.#addLayer();
  }

  /**
   * Takes up the units that came since the last call.
   *
   * @param starts first unit of each validator's streak of votes, -1 without one
   * @returns number of levels that no summit of the quorum exceeds
   */
  levels(starts: Int32Array): number {
    const { order } = this.#dag;
    for (; this.#seen < order.length; this.#seen++) {
      const unit = order[this.#seen] as DagUnit;
      const start = starts[unit.creator] as number;
      if (start !== NONE && unit.seq >= start) this.#take(unit);
    }
    let levels = 0;
    for (let k = 1; k < this.#layers.length; k++) if ((this.#layers[k] as Layer).weight >= this.#quorum) levels = k;
    return levels;
  }

  #take(unit: DagUnit): void {
    const { weights, params } = this.#dag.instance;
    const weight = weights[unit.creator] as Weight;
    for (let k = 0; k < this.#layers.length; k++) {
      const layer = this.#layers[k] as Layer;
      if (layer.first[unit.creator] === NONE) {
        if (k > 0 && !this.#reaches(unit, this.#layers[k - 1] as Layer)) return;
        layer.first[unit.creator] = unit.seq;
        layer.weight += weight;
      }
      // Only a layer that itself weighs a quorum can have another above it.
      const isTop = k + 1 === this.#layers.length;
      if (isTop && layer.weight >= this.#quorum && k < params.maxLevel) this.#addLayer();
    }
  }

  #reaches(unit: DagUnit, { first, weight }: Layer): boolean {
    if (weight < this.#quorum) return false;
    const { weights } = this.#dag.instance;
    const { cited, creator } = unit;
    let sum = 0;
    for (let i = 0; i < first.length; i++) {
      const from = first[i] as number;
      const seen = i === creator ? unit.seq : (cited[i] as number);
      if (from !== NONE && seen >= from) sum += weights[i] as Weight;
    }
    return sum >= this.#quorum;
  }

  #addLayer(): void {
    this.#layers.push({ first: new Int32Array(this.#dag.instance.size).fill(NONE), weight: 0 });
  }
}
