import { type Hash, hashFromBytes, keccak256, type Timestamp, writeHex } from "../primitives/index.ts";
import { CITED_FAULTY, CITED_NONE, continuesLane, type DagUnit, type Observation, type Panorama } from "./dag-unit.ts";
import { SEEN_FAULTY, SEEN_NOTHING, type UnitHash } from "./unit.ts";

/** True for a unit, false for "faulty" and for nothing. */
export function isCorrect(observation: Observation): observation is DagUnit {
  return typeof observation === "object";
}

/** The panorama as sequence numbers: -1 none, -2 faulty. */
export function citedNumbers(panorama: Panorama): Int32Array {
  const cited = new Int32Array(panorama.length);
  for (let i = 0; i < panorama.length; i++) {
    const observation = panorama[i];
    cited[i] = observation === undefined ? CITED_NONE : observation === "faulty" ? CITED_FAULTY : observation.seq;
  }
  return cited;
}

/** The panorama as a unit body writes it. */
export function observationsOf(panorama: Panorama): readonly number[] {
  return panorama.map((observation) =>
    observation === undefined ? SEEN_NOTHING : observation === "faulty" ? SEEN_FAULTY : observation.seq + 2,
  );
}

/** Hash of every cited unit, in the order of validators. */
export function citedHashes(panorama: Panorama): readonly UnitHash[] {
  return panorama.filter(isCorrect).map((unit) => unit.hash);
}

/**
 * Commitment of a body to its citations: keccak256 over one word per validator.
 *
 * @param observations as in a unit body
 * @param hashes one for every observation above 1, in order
 * @see KoMaBFT spec 4 (panoramaRoot)
 */
export function panoramaRoot(observations: readonly number[], hashes: readonly UnitHash[]): Hash {
  const words = new Uint8Array(32 * observations.length);
  let next = 0;
  for (let i = 0; i < observations.length; i++) {
    const seen = observations[i];
    if (seen === SEEN_FAULTY) words[32 * i + 31] = 1;
    else if (seen !== SEEN_NOTHING) writeHex(hashes[next++] as UnitHash, words, 32 * i);
  }
  return hashFromBytes(keccak256(words));
}

/** `a ≥ b`: faulty above all, all above nothing, a unit above those it continues (KoMaBFT spec 5). */
export function isAtLeast(a: Observation, b: Observation): boolean {
  if (a === "faulty" || b === undefined) return true;
  if (a === undefined || b === "faulty") return false;
  return a === b || continuesLane(a, b);
}

/** The least observation above both: of two units that do not continue each other, the validator is faulty. */
export function mergeObservations(a: Observation, b: Observation): Observation {
  if (isAtLeast(a, b)) return a;
  if (isAtLeast(b, a)) return b;
  return "faulty";
}

export function mergePanoramas(a: Panorama, b: Panorama): Panorama {
  return a.map((observation, i) => mergeObservations(observation, b[i]));
}

/** What a unit has seen, itself included. */
export function inclusivePanorama(unit: DagUnit): Panorama {
  return unit.panorama.map((observation, i) =>
    i === unit.creator ? mergeObservations(observation, unit) : observation,
  );
}

/**
 * The part of a panorama that is not younger than `time`. Downward closed, because no unit is older than what it cites.
 */
export function panoramaUntil(panorama: Panorama, time: Timestamp): Panorama {
  return panorama.map((observation) => {
    if (!isCorrect(observation)) return observation;
    let unit: DagUnit | undefined = observation;
    while (unit !== undefined && unit.t > time) unit = unit.prev;
    return unit;
  });
}
