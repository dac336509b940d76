import type { Era, EraRules, Instance, StakedValidator } from "../consensus/index.ts";

/** What all validators of a run agree on before it begins. */
export interface EraWorld {
  readonly rules: EraRules;
  readonly firstEra: Era;
  /** The same object for everybody, so that all may share what they compute. */
  instanceOf(era: Era): Instance;
  /** The root chain's validators in the state after a block of this slot; undefined: the chain's state has none. */
  stakedAfter(slot: number): readonly StakedValidator[] | undefined;
}
