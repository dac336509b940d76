import type { ValidatorIndex, Weight } from "./committee.ts";
import { topmost } from "./coverage.ts";
import { continuesLane, type DagUnit, type Panorama, sees } from "./dag-unit.ts";
import type { Endorsement } from "./endorsement.ts";
import type { Instance } from "./instance.ts";
import { isCorrect } from "./panorama.ts";
import type { UnitHash } from "./unit.ts";

/** Units that are not in the state and whose endorsements are kept all the same: they may overtake their unit. */
const MAX_EARLY_UNITS = 1_024;

interface Entry {
  readonly byEndorser: Map<ValidatorIndex, Endorsement>;
  weight: Weight;
}

/** Two units of one creator that do not see each other, both endorsed by one validator. */
export interface ConflictingEndorsements {
  readonly endorser: ValidatorIndex;
  readonly first: DagUnit;
  readonly second: DagUnit;
}

/**
 * Who endorsed what, as far as this state knows: verified signatures only. A unit is endorsed when its endorsers weigh
 * more than half; once endorsed it stays so, whoever turns out faulty.
 *
 * @see KoMaBFT spec 11
 */
export class Endorsements {
  readonly #instance: Instance;
  readonly #entries = new Map<UnitHash, Entry>();
  readonly #early = new Set<UnitHash>();
  /** Endorsed units of the state. */
  readonly #endorsed = new Set<DagUnit>();
  /** Units of the state with at least one endorsement, by creator. */
  readonly #byCreator = new Map<ValidatorIndex, Set<DagUnit>>();

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  has(unit: UnitHash, endorser: ValidatorIndex): boolean {
    return this.#entries.get(unit)?.byEndorser.has(endorser) ?? false;
  }

  isEndorsed(unit: UnitHash): boolean {
    const weight = this.#entries.get(unit)?.weight ?? 0;
    return weight > Math.floor(this.#instance.committee.total / 2);
  }

  /** Every endorsement of a unit. */
  of(unit: UnitHash): readonly Endorsement[] {
    return [...(this.#entries.get(unit)?.byEndorser.values() ?? [])];
  }

  /** Endorsements of units of the state that are not endorsed yet. */
  undecided(): readonly (readonly Endorsement[])[] {
    const found: (readonly Endorsement[])[] = [];
    for (const units of this.#byCreator.values()) {
      for (const unit of units) if (!this.#endorsed.has(unit)) found.push(this.of(unit.hash));
    }
    return found;
  }

  /**
   * Notes a verified endorsement that is not known yet.
   *
   * @param unit the endorsed unit, if it is in the state
   * @returns conflicts with earlier endorsements of the same validator
   */
  add(endorsement: Endorsement, unit: DagUnit | undefined): readonly ConflictingEndorsements[] {
    if (this.has(endorsement.unit, endorsement.endorser)) return [];
    this.#note(endorsement);
    if (unit === undefined) {
      this.#keepEarly(endorsement.unit);
      return [];
    }
    this.#place(unit);
    return this.#conflicts(unit, [endorsement.endorser]);
  }

  /** Takes back what the store kept, before the units themselves: no limit, because none was over it. */
  restore(endorsement: Endorsement): void {
    if (!this.has(endorsement.unit, endorsement.endorser)) this.#note(endorsement);
  }

  /** A unit came into the state: its endorsements may have been faster. */
  onUnit(unit: DagUnit): readonly ConflictingEndorsements[] {
    const entry = this.#entries.get(unit.hash);
    if (entry === undefined) return [];
    this.#early.delete(unit.hash);
    this.#place(unit);
    return this.#conflicts(unit, entry.byEndorser.keys());
  }

  /**
   * What a unit with this panorama claims: of the endorsed units that it sees, those that no other of them sees. They say
   * the same as all together would, and stay few.
   */
  claimsFor(panorama: Panorama): readonly DagUnit[] {
    if (this.#endorsed.size === 0) return [];
    return topmost([...this.#endorsed].filter((unit) => isSeenThrough(panorama, unit)));
  }

  /** Endorsed units of the state. */
  endorsed(): ReadonlySet<DagUnit> {
    return this.#endorsed;
  }

  #note(endorsement: Endorsement): void {
    const { unit, endorser } = endorsement;
    const entry = this.#entries.get(unit) ?? { byEndorser: new Map(), weight: 0 };
    this.#entries.set(unit, entry);
    entry.byEndorser.set(endorser, endorsement);
    entry.weight += this.#instance.weights[endorser] as Weight;
  }

  #place(unit: DagUnit): void {
    const units = this.#byCreator.get(unit.creator) ?? new Set();
    units.add(unit);
    this.#byCreator.set(unit.creator, units);
    if (this.isEndorsed(unit.hash)) this.#endorsed.add(unit);
  }

  #keepEarly(hash: UnitHash): void {
    this.#early.delete(hash);
    this.#early.add(hash);
    if (this.#early.size <= MAX_EARLY_UNITS) return;
    const [oldest] = this.#early;
    if (oldest === undefined) return;
    this.#early.delete(oldest);
    this.#entries.delete(oldest);
  }

  #conflicts(unit: DagUnit, endorsers: Iterable<ValidatorIndex>): readonly ConflictingEndorsements[] {
    const found: ConflictingEndorsements[] = [];
    const others = [...(this.#byCreator.get(unit.creator) ?? [])].filter(
      (other) => !continuesLane(other, unit) && !continuesLane(unit, other),
    );
    if (others.length === 0) return found;
    for (const endorser of endorsers) {
      const other = others.find((candidate) => this.has(candidate.hash, endorser));
      if (other !== undefined) found.push({ endorser, first: other, second: unit });
    }
    return found;
  }
}

/** True for a unit that the panorama cites, directly or through what it cites. */
export function isSeenThrough(panorama: Panorama, unit: DagUnit): boolean {
  return panorama.some((cited) => isCorrect(cited) && (cited === unit || sees(cited, unit)));
}
