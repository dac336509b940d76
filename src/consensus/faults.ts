import type { Timestamp } from "../primitives/index.ts";
import type { Dag } from "./dag.ts";
import type { DisconnectReason, Effect } from "./effects.ts";
import { createEndorsementEvidence } from "./endorsement-evidence.ts";
import type { ConflictingEndorsements } from "./endorsements.ts";
import type { Endorser } from "./endorser.ts";
import { createEquivocationEvidence, type Evidence, perpetratorOf, verifyEvidence } from "./evidence.ts";
import type { FinalityDetector } from "./finality.ts";
import type { PeerId } from "./messages.ts";
import type { Schedule } from "./schedule.ts";
import { headerOf } from "./signed-header.ts";
import type { Synchronizer } from "./synchronizer.ts";
import type { SignedUnit, UnitHash } from "./unit.ts";

export interface FaultParts {
  readonly dag: Dag;
  readonly sync: Synchronizer;
  readonly finality: FinalityDetector;
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
    const { dag } = this.#parts;
    if (dag.evidenceAgainst(perpetratorOf(evidence)) !== undefined) return [];
    const check = verifyEvidence(evidence, dag.instance);
    if (!check.ok) return disconnect(from, check.rejection);
    dag.addEvidence(evidence);
    return this.onEvidence(evidence, now);
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
    const { dag, schedule, sync, endorser } = this.#parts;
    const validator = perpetratorOf(evidence);
    const message = { instance: dag.instance.id, kind: "evidence", evidence } as const;
    const effects: Effect[] = [{ kind: "broadcast", message, except: undefined }];
    // Nobody accuses itself: evidence against us means that our key is used elsewhere.
    if (schedule?.owns(validator)) effects.push(...this.stopSigning(undefined));
    else effects.push({ kind: "reportFault", validator, evidence });
    endorser?.onEvidence(validator);
    return [...effects, ...this.alarms(), ...sync.onEvidence(validator, now)];
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
