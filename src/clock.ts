import type { Timestamp } from "./primitives/index.ts";

/** Time as shells see it. The pure core never reads a clock: it is given a {@link Timestamp}. */
export interface Clock {
  now(): Timestamp;
  /** Runs `task` once at `at` or soon after; the answer cancels it. */
  schedule(at: Timestamp, task: () => void): () => void;
}

/** The machine's clock, milliseconds since the Unix epoch. */
export const systemClock: Clock = {
  now: () => Date.now() as Timestamp,
  schedule(at, task) {
    const timer = setTimeout(task, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};
