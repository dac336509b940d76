import type { Timestamp } from "../primitives/index.ts";
import { indexOfSigner, type ValidatorIndex } from "./committee.ts";
import type { Dag } from "./dag.ts";
import type { DisconnectReason, Effect } from "./effects.ts";
import { createEndorsementEvidence } from "./endorsement-evidence.ts";
import type { ConflictingEndorsements } from "./endorsements.ts";
import type { Endorser } from "./endorser.ts";
import {
  createEquivocationEvidence,
  type Evidence,
  instanceOfEvidence,
  perpetratorOf,
  verifyEvidence,
} from "./evidence.ts";
import type { FinalityDetector } from "./finality.ts";
import type { Instance } from "./instance.ts";
import type { PeerId } from "./messages.ts";
import type { Schedule } from "./schedule.ts";
import { headerOf } from "./signed-header.ts";
import type { Synchronizer } from "./synchronizer.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";

export interface FaultParts {
  readonly dag: Dag;
  readonly sync: Synchronizer;
  readonly finality: FinalityDetector;
  /** The era before, whose late evidence counts in this one. */
  readonly previous: Instance | undefined;
  /** Undefined: an observer. */
  readonly schedule: Schedule | undefined;
  readonly endorser: Endorser | undefined;
}

/** What follows from a proven fault: everybody is told, thresholds are checked, and we stop if our own key is at fault. */
export class Faults {
  readonly #parts: FaultParts;
  #majorityAlarmed = false;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  receive(evidence: Evidence, from: PeerId, now: Timestamp): readonly Effect[] {
    const { dag, previous } = this.#parts;
    if (previous !== undefined && instanceOfEvidence(evidence) === previous.id) {
      return this.#receiveEarlier(evidence, previous, from, now);
    }
    if (dag.faultKind(perpetratorOf(evidence)) === "Direct") return [];
    const check = verifyEvidence(evidence, dag.instance);
    if (!check.ok) return disconnect(from, check.rejection);
    dag.addEvidence(evidence);
    return this.onEvidence(evidence, now);
  }

  /** Evidence from the store, of this instance or of the era before: it was checked when it came. */
  restore(evidence: Evidence): void {
    const { dag, previous } = this.#parts;
    if (previous === undefined || instanceOfEvidence(evidence) !== previous.id) {
      dag.addEvidence(evidence);
      return;
    }
    const accused = this.#successorOf(evidence, previous);
    if (accused !== undefined) dag.markFaulty(accused, evidence);
  }

  /**
   * Evidence that the era before was too late with: whoever it accuses stays in this committee, its units stay valid, and
   * nobody counts its votes. What the switch block of this era shows of it bans it in the next (I-32).
   */
  #receiveEarlier(evidence: Evidence, previous: Instance, from: PeerId, now: Timestamp): readonly Effect[] {
    const { dag } = this.#parts;
    const accused = this.#successorOf(evidence, previous);
    if (accused === undefined || dag.faultKind(accused) !== undefined) return [];
    const check = verifyEvidence(evidence, previous);
    if (!check.ok) return disconnect(from, check.rejection);
    dag.markFaulty(accused, evidence);
    // It may have forked here, too, and parted those who cite one fork from those who cite the other.
    this.#parts.endorser?.onEvidence(accused);
    const validator = perpetratorOf(evidence);
    return this.#tell(accused, { kind: "reportFault", validator, evidence, earlier: previous }, now);
  }

  /** Where the accused of the era before stands in this committee; undefined: nowhere. */
  #successorOf(evidence: Evidence, previous: Instance): ValidatorIndex | undefined {
    const accused = previous.committee.validators[perpetratorOf(evidence)];
    return accused && indexOfSigner(this.#parts.dag.instance.committee, accused.signer);
  }

  /**
   * A signed unit beside another with its number proves a fault, whether or not the two are ever valid (I-9).
   *
   * @param beside one that waits for the hashes of its panorama, if there is one
   */
  onSigned(unit: SignedUnit, beside: SignedUnit | undefined, now: Timestamp): readonly Effect[] {
    const { dag, sync, schedule } = this.#parts;
    // One of ours that we did not make is for the doppelgänger rule.
    if (schedule?.owns(unit.creator)) return [];
    const other = dag.forkOf(unit) ?? sync.forkOf(unit) ?? beside;
    if (other === undefined || dag.isFaulty(unit.creator)) return [];
    const evidence = createEquivocationEvidence(dag.instance.domain, headerOf(other), headerOf(unit));
    return dag.addEvidence(evidence) ? this.onEvidence(evidence, now) : [];
  }

  /** Endorsements that contradict each other prove a fault of the endorser, if their units are not too far apart. */
  onConflicts(conflicts: readonly ConflictingEndorsements[], now: Timestamp): readonly Effect[] {
    const { dag } = this.#parts;
    return conflicts.flatMap(({ endorser, first, second }) => {
      const [a, b] = [first, second].map((unit) => ({
        unit,
        endorsement: dag.endorsements.of(unit.hash).find((each) => each.endorser === endorser),
      }));
      if (a?.endorsement === undefined || b?.endorsement === undefined) return [];
      const evidence = createEndorsementEvidence(
        dag.instance,
        { unit: a.unit, endorsement: a.endorsement },
        { unit: b.unit, endorsement: b.endorsement },
      );
      return evidence !== undefined && dag.addEvidence(evidence) ? [...this.onEvidence(evidence, now)] : [];
    });
  }

  /** Evidence that the state has taken in. */
  onEvidence(evidence: Evidence, now: Timestamp): readonly Effect[] {
    const validator = perpetratorOf(evidence);
    this.#parts.endorser?.onEvidence(validator);
    return this.#tell(validator, { kind: "reportFault", validator, evidence }, now);
  }

  /** @param accused index in this instance, which is not the report's where the fault is of the era before */
  #tell(accused: ValidatorIndex, report: Extract<Effect, { kind: "reportFault" }>, now: Timestamp): readonly Effect[] {
    const { dag, schedule, sync } = this.#parts;
    const message = { instance: dag.instance.id, kind: "evidence", evidence: report.evidence } as const;
    const effects: Effect[] = [{ kind: "broadcast", message, except: undefined }];
    // Nobody accuses itself: evidence against us means that our key is used elsewhere.
    if (schedule?.owns(accused)) effects.push(...this.stopSigning(undefined));
    else effects.push(report);
    return [...effects, ...this.alarms(), ...sync.onEvidence(accused, now)];
  }

  /** Thresholds that the weight now known to be faulty exceeds, each once. */
  alarms(): readonly Effect[] {
    const { dag, finality } = this.#parts;
    const { faultyWeight } = dag;
    const effects: Effect[] = finality.newlyViolated().map(({ t, fraction }) => ({
      kind: "alarm",
      alarm: { cause: "thresholdExceeded", threshold: t, fraction, faultyWeight },
    }));
    if (!this.#majorityAlarmed && 2 * faultyWeight >= dag.instance.committee.total) {
      this.#majorityAlarmed = true;
      effects.push({ kind: "alarm", alarm: { cause: "faultyMajority", faultyWeight } });
    }
    return effects;
  }

  /** Something with our signature that we did not make; `unit` if it is one. */
  stopSigning(unit: UnitHash | undefined): readonly Effect[] {
    const { schedule } = this.#parts;
    if (schedule === undefined || schedule.stopped) return [];
    schedule.stop();
    return [{ kind: "alarm", alarm: { cause: "doppelganger", unit } }];
  }
}

export function disconnect(peer: PeerId, reason: DisconnectReason): readonly Effect[] {
  return [{ kind: "disconnect", peer, reason }];
}
