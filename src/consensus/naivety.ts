import type { ValidatorIndex } from "./committee.ts";
import { Coverage } from "./coverage.ts";
import { continuesLane, type DagUnit, type Panorama } from "./dag-unit.ts";
import { isCorrect } from "./panorama.ts";

/** What has to be known of a unit to judge it; the unit itself need not exist yet. */
export interface Citing {
  readonly panorama: Panorama;
  /** The creator's previous unit. */
  readonly prev: DagUnit | undefined;
  /** Endorsed units that it claims. */
  readonly endorsed: readonly DagUnit[];
}

/** Top of the one chain of a validator's units that is cited naively, undefined: none is; "forks": more than one chain. */
type NaiveTip = DagUnit | undefined | "forks";

/**
 * The limited naivety criterion. A unit cites another naively when no endorsed unit that it claims is or sees that other.
 * Of an equivocator that it sees, a creator may cite one chain naively, in all of its units together.
 *
 * What a unit cites naively is fixed once it is in the state, and what a later unit cites naively through it is a part of
 * that: claims never shrink. So one remembered tip per unit and equivocator replaces the walk down the state.
 *
 * @see KoMaBFT spec 11; Highway paper, "limited naivety criterion"
 */
export class Naivety {
  /** By list of claims: units that claim the same share the list. */
  readonly #coverage = new WeakMap<readonly DagUnit[], Coverage>();
  /** Tips of what a unit itself cites naively. */
  readonly #cited = new WeakMap<DagUnit, Map<ValidatorIndex, DagUnit | undefined>>();
  /** Tips of what it and all earlier units of its creator cite naively. */
  readonly #byCreator = new WeakMap<DagUnit, Map<ValidatorIndex, DagUnit | undefined>>();

  /** The first equivocator of whom too much would be cited naively; undefined: the criterion holds. */
  violation({ panorama, prev, endorsed }: Citing): ValidatorIndex | undefined {
    for (let i = 0; i < panorama.length; i++) {
      if (panorama[i] !== "faulty") continue;
      const tip = this.#tipThrough(panorama, this.coverageOf(endorsed), i);
      if (tip === "forks") return i;
      const before = prev && this.#tipOfCreator(prev, i);
      if (tip !== undefined && before !== undefined && !isOneChain(tip, before)) return i;
    }
    return undefined;
  }

  /** Everything that claims are or see. */
  coverageOf(endorsed: readonly DagUnit[]): Coverage {
    const known = this.#coverage.get(endorsed);
    if (known !== undefined) return known;
    const coverage = new Coverage(endorsed);
    this.#coverage.set(endorsed, coverage);
    return coverage;
  }

  /** What is cited naively of validator `i` through the units of a panorama. */
  #tipThrough(panorama: Panorama, covered: Coverage, i: ValidatorIndex): NaiveTip {
    let top: DagUnit | undefined;
    for (const unit of panorama) {
      if (!isCorrect(unit) || covered.has(unit)) continue;
      const tip = this.#tipOf(unit, i);
      if (tip === undefined || covered.has(tip)) continue;
      if (top === undefined || continuesLane(tip, top)) top = tip;
      else if (!continuesLane(top, tip)) return "forks";
    }
    return top;
  }

  /** What a unit of the state cites naively of validator `i`. */
  #tipOf(unit: DagUnit, i: ValidatorIndex): DagUnit | undefined {
    const known = this.#cited.get(unit);
    if (known?.has(i)) return known.get(i);
    const tip = this.#findTip(unit, i);
    remember(this.#cited, unit, i, tip);
    return tip;
  }

  #findTip(unit: DagUnit, i: ValidatorIndex): DagUnit | undefined {
    const seen = unit.panorama[i];
    if (seen === undefined) return undefined;
    const covered = this.coverageOf(unit.endorsed);
    if (isCorrect(seen)) return covered.has(seen) ? undefined : seen;
    const tip = this.#tipThrough(unit.panorama, covered, i);
    // It is valid, so it keeps the criterion.
    return tip === "forks" ? undefined : tip;
  }

  /** From the newest unit that is remembered upwards, so that a long lane costs no stack. */
  #tipOfCreator(unit: DagUnit, i: ValidatorIndex): DagUnit | undefined {
    const unknown: DagUnit[] = [];
    let at: DagUnit | undefined = unit;
    while (at !== undefined && !this.#byCreator.get(at)?.has(i)) {
      unknown.push(at);
      at = at.prev;
    }
    let tip = at && this.#byCreator.get(at)?.get(i);
    for (const later of unknown.reverse()) {
      const own = this.#tipOf(later, i);
      if (own !== undefined && (tip === undefined || continuesLane(own, tip))) tip = own;
      remember(this.#byCreator, later, i, tip);
    }
    return tip;
  }
}

function isOneChain(a: DagUnit, b: DagUnit): boolean {
  return continuesLane(a, b) || continuesLane(b, a);
}

function remember(
  tips: WeakMap<DagUnit, Map<ValidatorIndex, DagUnit | undefined>>,
  unit: DagUnit,
  i: ValidatorIndex,
  tip: DagUnit | undefined,
): void {
  const known = tips.get(unit);
  if (known === undefined) tips.set(unit, new Map([[i, tip]]));
  else known.set(i, tip);
}
