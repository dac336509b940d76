import {
  type CheckedUnit,
  checkCitations,
  checkContent,
  checkIdentified,
  hashBody,
  panoramaRoot,
  type SignedUnit,
  type UnitRejection,
} from "../consensus/index.ts";
import { type Check, hexToBytes, keccakHash, signDigest, timestamp, utf8 } from "../primitives/index.ts";
import { missingError, type PlayedState, type StepError } from "./played-state.ts";
import { hashOfId } from "./script-instance.ts";
import type { CitedId } from "./script-reader.ts";
import type { StepContent } from "./step.ts";

type UnitStep = Extract<StepContent, { readonly op: "unit" }>;

/** Gives a unit the way that every unit of a network takes: its own content, what it cites, then the state. */
export function addUnit(state: PlayedState, step: UnitStep): "ok" | StepError {
  if (state.unit(step.id) !== undefined) return { error: "UNIT_KNOWN", unit: step.id };
  const unit = signedUnit(state, step);
  const checked = checkAlone(state, unit);
  if (!checked.ok) return refusal(state, checked.rejection);
  const missing = state.firstMissing(step.cites, unit.body.endorsed);
  if (missing !== undefined) return missingError(missing);
  const valid = checkCitations(checked.value, state.dag);
  if (!valid.ok) return refusal(state, valid.rejection);
  state.dag.add(valid.value, undefined);
  return "ok";
}

function checkAlone(state: PlayedState, unit: SignedUnit): Check<CheckedUnit, UnitRejection> {
  const { instance } = state.dag;
  const validator = instance.committee.validators[unit.creator];
  return validator === undefined ? checkContent(unit, instance) : checkIdentified(unit, instance, validator.signer);
}

function signedUnit(state: PlayedState, step: UnitStep): SignedUnit {
  const { instance, keys } = state.scripted;
  const position = state.position(step.by);
  // A name that nobody has is a position that nobody has: rule 1 answers.
  const creator = position < 0 ? instance.size : position;
  const observations = state.observations(step.cites);
  const hashes = step.cites.flatMap((cited) => (typeof cited === "object" ? [hashOfId(cited.id)] : []));
  const own: CitedId = step.cites[creator];
  const body = {
    panoramaRoot: panoramaRoot(observations, hashes),
    observations,
    t: timestamp(step.t),
    roundExp: step.roundExp,
    blockHash: step.block === undefined ? undefined : keccakHash(utf8(step.block)),
    endorsed: step.endorsed.map(hashOfId).sort(),
  };
  const hash = hashOfId(step.id);
  return {
    instance: instance.id,
    creator,
    seq: step.seq,
    prev: typeof own === "object" ? hashOfId(own.id) : undefined,
    body,
    bodyHash: hashBody(body),
    hash,
    // Signatures are off in a script: everybody's key is at hand, so every unit has a good one.
    signature: signDigest(hexToBytes(hash), keys[creator] ?? (keys[0] as Uint8Array)),
    hashes,
  };
}

function refusal(state: PlayedState, rejection: UnitRejection): StepError {
  return "index" in rejection
    ? { error: rejection.code, validator: state.nameAt(rejection.index) }
    : { error: rejection.code };
}
