import { BugError } from "../errors.ts";
import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import { topmost } from "./coverage.ts";
import { type Dag, endorsedHashes, type ValidUnit } from "./dag.ts";
import type { Panorama } from "./dag-unit.ts";
import { citedHashes, inclusivePanorama, isCorrect, mergePanoramas, observationsOf, panoramaRoot } from "./panorama.ts";
import { signUnit } from "./unit.ts";
import { type CheckedUnit, checkCitations } from "./validity.ts";

/** A validator's place in the committee and the key it signs with. */
export interface OwnValidator {
  readonly index: ValidatorIndex;
  /** 32 bytes, secp256k1. */
  readonly privateKey: Bytes;
}

export interface UnitContent {
  readonly panorama: Panorama;
  readonly t: Timestamp;
  readonly roundExp: number;
  readonly blockHash: Hash | undefined;
}

/** True when a unit of `creator` may cite these units without citing forks naively. */
export function isCitable(dag: Dag, creator: ValidatorIndex, panorama: Panorama): boolean {
  if (!dag.instance.params.lnc) return true;
  const previous = panorama[creator];
  const prev = isCorrect(previous) ? previous : undefined;
  return dag.naivety.violation({ panorama, prev, endorsed: dag.endorsements.claimsFor(panorama) }) === undefined;
}

/**
 * What a validator may always cite: what its last unit cites, every known fault, and endorsed units with all below them.
 * For the one hop until the others' units are endorsed.
 *
 * @param until no younger unit is cited
 * @see KoMaBFT spec 11 (making units)
 */
export function fallbackPanorama(dag: Dag, creator: ValidatorIndex, until: Timestamp): Panorama {
  const latest = dag.latest[creator];
  const faults: Panorama = dag.latest.map((seen) => (seen === "faulty" ? "faulty" : undefined));
  const endorsed = [...dag.endorsements.endorsed()].filter((unit) => unit.t <= until);
  return [...(isCorrect(latest) ? [latest] : []), ...topmost(endorsed)]
    .map(inclusivePanorama)
    .reduce(mergePanoramas, faults);
}

/**
 * Signs a unit and judges it as everybody else will: a unit that others would refuse must not leave the house.
 *
 * @throws {BugError} when it breaks a rule
 */
export function makeUnit(dag: Dag, own: OwnValidator, content: UnitContent): ValidUnit {
  const { panorama, t, roundExp, blockHash } = content;
  const previous = panorama[own.index];
  const prev = isCorrect(previous) ? previous : undefined;
  const observations = observationsOf(panorama);
  const hashes = citedHashes(panorama);
  const unit = signUnit(
    dag.instance.domain,
    {
      instance: dag.instance.id,
      creator: own.index,
      seq: prev === undefined ? 0 : prev.seq + 1,
      prev: prev?.hash,
      body: {
        panoramaRoot: panoramaRoot(observations, hashes),
        observations,
        t,
        roundExp,
        blockHash,
        endorsed: endorsedHashes(dag.endorsements.claimsFor(panorama)),
      },
      hashes,
    },
    own.privateKey,
  );
  const check = checkCitations(unit as CheckedUnit, dag);
  if (!check.ok) {
    throw new BugError(`own unit ${unit.hash} breaks rule ${check.rejection.code}`, { facts: { seq: unit.seq, t } });
  }
  return check.value;
}
