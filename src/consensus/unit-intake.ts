import type { Bytes, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import { isCompact, type Place } from "./compact-unit.ts";
import { CompactUnits } from "./compact-units.ts";
import type { Dag } from "./dag.ts";
import type { Effect } from "./effects.ts";
import { disconnect, type Faults } from "./faults.ts";
import type { PeerId } from "./messages.ts";
import type { Synchronizer, SyncLimits } from "./synchronizer.ts";
import type { WireUnit } from "./unit.ts";
import { checkHashes, checkSound } from "./validity.ts";

export interface IntakeParts {
  readonly dag: Dag;
  readonly sync: Synchronizer;
  readonly faults: Faults;
  readonly limits: SyncLimits;
  /** A signed sign of life from time `t`. */
  readonly heard: (creator: ValidatorIndex, t: Timestamp, now: Timestamp) => readonly Effect[];
}

/**
 * The way of a unit from the wire to the synchronizer: what is known costs nothing but its hash, what nobody needs is
 * refused before its signature is looked at, and one without hashes waits until they are known.
 *
 * @see KoMaBFT spec 6 (rules 1–9), 15
 */
export class UnitIntake {
  readonly #parts: IntakeParts;
  readonly #compact: CompactUnits;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#compact = new CompactUnits(parts.dag, parts.sync, parts.limits);
  }

  /** Units that wait for the hashes of their panorama. */
  get waiting(): number {
    return this.#compact.size;
  }

  receive(wire: WireUnit, payload: Bytes | undefined, from: PeerId, now: Timestamp): readonly Effect[] {
    const { dag, sync, faults, heard } = this.#parts;
    const { instance } = dag;
    if (wire.instance !== instance.id) return [];
    const validator = instance.committee.validators[wire.creator];
    if (validator === undefined) return disconnect(from, { code: "Creator", creator: wire.creator });
    const unit = instance.checks.identify(instance.domain, wire);
    if (dag.unit(unit.hash) !== undefined) return [];
    if (sync.knows(unit.hash)) return sync.addSender(unit.hash, payload, from, now);
    if (this.#compact.has(unit.hash)) return this.#compact.hearAgain(unit, payload, from, now);
    if (sync.isInvalid(unit.hash)) return disconnect(from, { code: "InvalidCitation", cited: unit.hash });
    // Forks are free to make: those of a known equivocator come in only when an honest unit stands on them.
    if (dag.isFaulty(unit.creator) && !sync.isNeeded(unit.hash)) return [];
    const sound = checkSound(unit, instance, validator.signer);
    if (!sound.ok) return disconnect(from, sound.rejection);
    const whole = isCompact(unit) ? undefined : checkHashes(sound.value);
    if (whole?.ok === false) return disconnect(from, whole.rejection);
    const signed = [
      ...heard(unit.creator, unit.body.t, now),
      ...faults.onSigned(unit, this.#compact.forkOf(unit), now),
    ];
    if (dag.isFaulty(unit.creator) && !sync.isNeeded(unit.hash)) return signed;
    const received = whole
      ? sync.receive(whole.value, payload, from, now)
      : this.#compact.receive(sound.value, payload, from, now);
    return [...signed, ...received, ...this.onKnown(unit, now)];
  }

  /** A unit has come, or one of ours is made: those that cite it by its number can go on. */
  onKnown(place: Place, now: Timestamp): readonly Effect[] {
    return this.#compact.onKnown(place, now);
  }

  onTick(now: Timestamp): readonly Effect[] {
    return this.#compact.onTick(now);
  }

  purge(now: Timestamp): void {
    this.#compact.purge(now);
  }
}
