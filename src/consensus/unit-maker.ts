import { BugError } from "../errors.ts";
import type { Bytes, Hash, Timestamp } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Dag, ValidUnit } from "./dag.ts";
import type { Panorama } from "./dag-unit.ts";
import { citedHashes, isCorrect, observationsOf, panoramaRoot } from "./panorama.ts";
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
      body: { panoramaRoot: panoramaRoot(observations, hashes), observations, t, roundExp, blockHash, endorsed: [] },
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
