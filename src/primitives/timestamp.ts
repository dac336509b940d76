import type { Branded } from "./branded.ts";

/** Milliseconds since the Unix epoch. */
export type Timestamp = Branded<number, "Timestamp">;

export function timestamp(milliseconds: number): Timestamp {
  return milliseconds as Timestamp;
}
