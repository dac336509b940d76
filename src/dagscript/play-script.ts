import { answerStep } from "./answers.ts";
import { meets } from "./expectation.ts";
import type { Script } from "./parse-script.ts";
import { PlayedState } from "./played-state.ts";

/** One step's outcome; `expected` and `pass` only where the script expects something. */
export interface PlayedStep {
  readonly index: number;
  readonly op: string;
  readonly actual: unknown;
  readonly expected?: unknown;
  readonly pass?: boolean;
}

export interface PlayedScript {
  readonly id: string;
  readonly steps: readonly PlayedStep[];
  /** Expectations that hold. */
  readonly passed: number;
  readonly failed: number;
  /** Expectations of ops that this build does not know. */
  readonly skipped: number;
}

/** Answer of an op that this build does not know. */
const UNKNOWN_OP = { error: "UNKNOWN_OP" };

/** Plays a script into a fresh consensus state: every answer comes from the code that nodes run. */
export function playScript(script: Script): { readonly played: PlayedScript; readonly state: PlayedState } {
  const state = new PlayedState(script);
  let skipped = 0;
  const steps = script.steps.map(({ op, content, expected }, index): PlayedStep => {
    const actual = content === undefined ? UNKNOWN_OP : answerStep(state, content);
    if (expected === undefined) return { index, op, actual };
    const pass = meets(actual, expected);
    if (!pass && content === undefined) {
      skipped++;
      return { index, op, actual, expected };
    }
    return { index, op, actual, expected, pass };
  });
  return {
    state,
    played: {
      id: script.id,
      steps,
      passed: steps.filter(({ pass }) => pass === true).length,
      failed: steps.filter(({ pass }) => pass === false).length,
      skipped,
    },
  };
}
