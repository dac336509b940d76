import type { ValidatorIndex } from "./committee.ts";
import type { Dag } from "./dag.ts";
import { continuesLane, type DagUnit } from "./dag-unit.ts";
import { type Endorsement, signEndorsement } from "./endorsement.ts";
import { isCorrect } from "./panorama.ts";
import type { UnitHash } from "./unit.ts";
import type { OwnValidator } from "./unit-maker.ts";

/** The last unit of one creator that we endorsed, as the store knows it. */
export interface OwnEndorsed {
  readonly creator: ValidatorIndex;
  readonly unit: UnitHash;
}

/** An endorsement to store before it is sent. */
export interface NewEndorsement {
  readonly endorsement: Endorsement;
  readonly creator: ValidatorIndex;
  /** The unit of the creator that we endorsed before it. */
  readonly after: UnitHash | undefined;
}

/**
 * Decides what this validator endorses: of every creator without a known fault, the latest unit that brings in something
 * new of a known equivocator without knowing it for one. Earlier units of the creator lie below that one, so endorsing it
 * covers them.
 *
 * Per creator our endorsements go up one lane: two that contradict each other would be a fault of ours. The store keeps
 * the last, so that this holds across restarts too.
 *
 * @see KoMaBFT spec 11 (when to endorse, refined rule)
 */
export class Endorser {
  readonly #dag: Dag;
  readonly #own: OwnValidator;
  readonly #last = new Map<ValidatorIndex, UnitHash>();
  /** Per creator the latest unit that the rule names. */
  readonly #wanted = new Map<ValidatorIndex, DagUnit>();

  constructor(dag: Dag, own: OwnValidator) {
    this.#dag = dag;
    this.#own = own;
  }

  restore(endorsed: Iterable<OwnEndorsed>): void {
    for (const { creator, unit } of endorsed) this.#last.set(creator, unit);
  }

  /** A unit came into the state. */
  onUnit(unit: DagUnit): void {
    for (const equivocator of this.#dag.equivocators()) {
      const seen = unit.panorama[equivocator];
      if (isCorrect(seen) && unit.prev?.panorama[equivocator] !== seen) this.#want(unit);
    }
  }

  /** A fault was proven: what stands on the equivocator's units was made by somebody who did not know. */
  onEvidence(equivocator: ValidatorIndex): void {
    for (const tip of this.#dag.latest) {
      const unit = isCorrect(tip) ? lastToSeeNew(tip, equivocator) : undefined;
      if (unit !== undefined) this.#want(unit);
    }
  }

  /** Signs what is due. Call only when this validator may sign at all. */
  take(): readonly NewEndorsement[] {
    const taken: NewEndorsement[] = [];
    for (const [creator, unit] of this.#wanted) {
      const after = this.#last.get(creator);
      const before = after && this.#dag.unit(after);
      // A crash may have lost the unit that we endorsed: nothing can be compared with it until it is back.
      if (after !== undefined && before === undefined) continue;
      this.#wanted.delete(creator);
      if (this.#dag.isFaulty(creator) || this.#dag.endorsements.isEndorsed(unit.hash)) continue;
      if (before !== undefined && (unit === before || !continuesLane(unit, before))) continue;
      const { index: endorser, privateKey } = this.#own;
      const endorsement = signEndorsement(this.#dag.instance, { endorser, unit: unit.hash, privateKey });
      this.#last.set(creator, unit.hash);
      taken.push({ endorsement, creator, after });
    }
    return taken;
  }

  #want(unit: DagUnit): void {
    if (!this.#dag.instance.params.lnc || this.#dag.isFaulty(unit.creator)) return;
    const known = this.#wanted.get(unit.creator);
    if (known === undefined || continuesLane(unit, known)) this.#wanted.set(unit.creator, unit);
  }
}

/** The last unit of a lane that sees a unit of `other` which its predecessor did not see, nor that `other` is faulty. */
export function lastToSeeNew(tip: DagUnit, other: ValidatorIndex): DagUnit | undefined {
  let unit: DagUnit | undefined = tip;
  while (unit?.panorama[other] === "faulty") unit = unit.prev;
  const seen = unit?.panorama[other];
  if (unit === undefined || !isCorrect(seen)) return undefined;
  while (unit.prev?.panorama[other] === seen) unit = unit.prev;
  return unit;
}
