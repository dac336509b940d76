import { type Timestamp, timestamp } from "../primitives/index.ts";
import type { ConsensusParams } from "./instance.ts";

/** Length in ms of a round at exponent `roundExp`. */
export function roundLengthMs(params: ConsensusParams, roundExp: number): number {
  return params.baseRoundMs * 2 ** roundExp;
}

/** Start of the round of that length that `time` lies in. */
export function roundIdOf(params: ConsensusParams, time: Timestamp, roundExp: number): Timestamp {
  const length = roundLengthMs(params, roundExp);
  return timestamp(Math.floor(time / length) * length);
}

/** Longest round a valid unit can have. */
export function maximalRoundMs(params: ConsensusParams): number {
  return roundLengthMs(params, params.maxRoundExp);
}

/** When in a round its witness is due, counted from its start. */
export function witnessOffsetMs(roundMs: number): number {
  return Math.floor((2 * roundMs) / 3);
}

/** How long after its slot began a leader may still propose (KoMaBFT spec 8.1). */
export function proposalWindowMs(roundMs: number): number {
  return Math.floor(Math.min(Math.max(roundMs / 6, 150), roundMs / 3));
}
