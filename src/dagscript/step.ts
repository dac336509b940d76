import { MAX_VALIDATORS } from "./limits.ts";
import type { Members } from "./script-reader.ts";

/** Most units that one `unit` step may claim as endorsed. */
const MAX_ENDORSED = 256;
const n = MAX_VALIDATORS;

/** One reader per op: what the step says besides its expectation. The answers stand in `answers.ts`. */
const readers = {
  unit: (step: Members) => ({
    op: "unit" as const,
    id: step.id("id"),
    by: step.text("by"),
    seq: step.integer("seq"),
    // Longer lists pass: how many entries a unit has is a rule of the protocol, not of the file.
    cites: step.citations("cites", 2 * n),
    block: step.textOrNull("block"),
    t: step.integer("t"),
    roundExp: step.integer("roundExp"),
    endorsed: step.ids("endorsed", MAX_ENDORSED),
  }),
  endorse: (step: Members) => ({
    op: "endorse" as const,
    unit: step.id("unit"),
    by: step.names("by", n),
  }),
  markFaulty: (step: Members) => ({ op: "markFaulty" as const, validator: step.text("validator") }),
  retainEvidenceOnly: () => ({ op: "retainEvidenceOnly" as const }),
  note: (step: Members) => ({ op: "note" as const, text: step.text("text") }),
  forkChoice: (step: Members) => ({ op: "forkChoice" as const, panorama: step.panorama("panorama", n) }),
  tallies: (step: Members) => ({ op: "tallies" as const, panorama: step.panorama("panorama", n) }),
  parent: (step: Members) => ({ op: "parent" as const, block: step.id("block") }),
  height: (step: Members) => ({ op: "height" as const, block: step.id("block") }),
  isTerminal: (step: Members) => ({ op: "isTerminal" as const, unit: step.id("unit") }),
  hasUnit: (step: Members) => ({ op: "hasUnit" as const, unit: step.id("unit") }),
  inSwimlane: (step: Members) => ({ op: "inSwimlane" as const, unit: step.id("unit"), seq: step.integer("seq") }),
  skipIndex: (step: Members) => ({ op: "skipIndex" as const, unit: step.id("unit") }),
  hasEvidence: (step: Members) => ({ op: "hasEvidence" as const, validator: step.text("validator") }),
  faultKind: (step: Members) => ({ op: "faultKind" as const, validator: step.text("validator") }),
  faultyWeight: () => ({ op: "faultyWeight" as const }),
  statePanorama: () => ({ op: "statePanorama" as const }),
  firstMissingDependency: (step: Members) => ({
    op: "firstMissingDependency" as const,
    panorama: step.citations("panorama", n),
  }),
  nextFinalized: (step: Members) => ({ op: "nextFinalized" as const, detector: step.text("detector") }),
  confidence: (step: Members) => ({ op: "confidence" as const, block: step.id("block") }),
  roundParticipation: (step: Members) => ({
    op: "roundParticipation" as const,
    round: step.integer("round"),
    validator: step.optionalText("validator"),
    panorama: step.panorama("panorama", n),
  }),
  rewardFor: (step: Members) => ({
    op: "rewardFor" as const,
    block: step.id("block"),
    validator: step.optionalText("validator"),
    panorama: step.panorama("panorama", n),
  }),
  rewardSum: (step: Members) => ({
    op: "rewardSum" as const,
    validator: step.optionalText("validator"),
    panorama: step.panorama("panorama", n),
  }),
};

export type KnownOp = keyof typeof readers;
/** What a step of a known op says. */
export type StepContent = ReturnType<(typeof readers)[KnownOp]>;

export const knownOps: readonly string[] = Object.keys(readers);

export function isKnownOp(op: string): op is KnownOp {
  return Object.hasOwn(readers, op);
}

export function readStep(op: KnownOp, step: Members): StepContent {
  return readers[op](step);
}
