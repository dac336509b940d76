import type { Timestamp } from "../primitives/index.ts";
import type { Dag } from "./dag.ts";
import type { DagUnit } from "./dag-unit.ts";
import type { Effect } from "./effects.ts";
import { type Endorsement, inMessages, verifyEndorsement } from "./endorsement.ts";
import type { ConflictingEndorsements } from "./endorsements.ts";
import type { Endorser } from "./endorser.ts";
import { disconnect, type Faults } from "./faults.ts";
import type { PeerId } from "./messages.ts";
import type { Schedule } from "./schedule.ts";
import type { Synchronizer } from "./synchronizer.ts";
import type { UnitHash } from "./unit.ts";

export interface EndorsementParts {
  readonly dag: Dag;
  readonly sync: Synchronizer;
  readonly faults: Faults;
  /** Undefined: an observer. */
  readonly schedule: Schedule | undefined;
  readonly endorser: Endorser | undefined;
}

/** Units with open endorsements that go along with one answer to a `state`. */
const MAX_SWAPPED = 32;

/**
 * Endorsements on their way in and out. Each endorser sends its own to everybody; whoever completes a quorum out of single
 * endorsements sends it once more as a whole, so that messages may get lost; what is still open is swapped with the states.
 *
 * @see KoMaBFT spec 11, 15
 */
export class EndorsementExchange {
  readonly #parts: EndorsementParts;

  constructor(parts: EndorsementParts) {
    this.#parts = parts;
  }

  receive(endorsements: readonly Endorsement[], from: PeerId, now: Timestamp): readonly Effect[] {
    const { dag, faults, schedule } = this.#parts;
    const effects: Effect[] = [];
    const hash = endorsements[0]?.unit;
    if (hash === undefined) return effects;
    const unit = dag.unit(hash);
    const wasEndorsed = dag.endorsements.isEndorsed(hash);
    for (const endorsement of endorsements) {
      if (dag.endorsements.has(hash, endorsement.endorser)) continue;
      const check = verifyEndorsement(endorsement, dag.instance);
      if (!check.ok) return [...effects, ...disconnect(from, check.rejection)];
      // Ours are in the store before they leave: one that is not there was made elsewhere.
      if (schedule?.owns(endorsement.endorser)) effects.push(...faults.stopSigning(undefined));
      const conflicts = dag.endorsements.add(endorsement, unit);
      // Without their unit they wait in memory alone, or the store would be anybody's to fill.
      if (unit !== undefined) effects.push({ kind: "persistEndorsement", endorsement, own: undefined });
      effects.push(...faults.onConflicts(conflicts, now));
    }
    if (unit === undefined || wasEndorsed || !dag.endorsements.isEndorsed(hash)) return effects;
    // A quorum that came in one message was sent to everybody by whoever completed it.
    const cameWhole = endorsements.length === dag.endorsements.of(hash).length;
    return [...effects, ...this.#onEndorsed(hash, !cameWhole, now)];
  }

  /** A unit is in the state. */
  onUnit(unit: DagUnit, conflicts: readonly ConflictingEndorsements[], now: Timestamp): readonly Effect[] {
    const { dag, endorser, faults } = this.#parts;
    endorser?.onUnit(unit);
    const early = dag.endorsements.of(unit.hash);
    if (early.length === 0) return [];
    return [
      ...early.map((endorsement): Effect => ({ kind: "persistEndorsement", endorsement, own: undefined })),
      ...faults.onConflicts(conflicts, now),
      ...(dag.endorsements.isEndorsed(unit.hash) ? this.#onEndorsed(unit.hash, true, now) : []),
    ];
  }

  /** Signs what the rule names: durable first, then into the state and out. */
  endorse(now: Timestamp): readonly Effect[] {
    const { dag, endorser, schedule } = this.#parts;
    if (endorser === undefined || schedule?.mayEndorse(now) !== true) return [];
    return endorser.take().flatMap(({ endorsement, creator, after }): Effect[] => {
      const { unit } = endorsement;
      dag.endorsements.add(endorsement, dag.unit(unit));
      const stored: Effect = { kind: "persistEndorsement", endorsement, own: { creator, after } };
      if (dag.endorsements.isEndorsed(unit)) return [stored, ...this.#onEndorsed(unit, true, now)];
      return [stored, this.#broadcast([endorsement])];
    });
  }

  /** What a peer may lack of units that are not endorsed yet. */
  swap(peer: PeerId): readonly Effect[] {
    const { dag } = this.#parts;
    return dag.endorsements
      .undecided()
      .slice(0, MAX_SWAPPED)
      .flatMap(inMessages)
      .map((endorsements) => ({ kind: "send", to: peer, message: this.#message(endorsements) }));
  }

  #onEndorsed(unit: UnitHash, tell: boolean, now: Timestamp): readonly Effect[] {
    const { dag, sync } = this.#parts;
    const waiting = sync.onEndorsed(unit, now);
    if (!tell) return waiting;
    const messages = inMessages(dag.endorsements.of(unit));
    return [...messages.map((endorsements) => this.#broadcast(endorsements)), ...waiting];
  }

  #broadcast(endorsements: readonly Endorsement[]): Effect {
    return { kind: "broadcast", message: this.#message(endorsements), except: undefined };
  }

  #message(endorsements: readonly Endorsement[]) {
    return { instance: this.#parts.dag.instance.id, kind: "endorsements", endorsements } as const;
  }
}
