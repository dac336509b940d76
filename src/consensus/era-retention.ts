import type { Era } from "./era.ts";

/** The current era and the one before are kept whole, of the one before those the evidence. */
const WHOLE_ERAS = 2;

/** What a node keeps of an era: all of it, what proves faults, or that only where there is some. */
export type Retention = "whole" | "evidence" | "proofsOnly";

/**
 * What is kept of an era while `current` runs. Whoever contradicted itself can be charged on the root chain much later, so
 * what was proven stays as long as the disk does (KoMaBFT spec 13).
 */
export function retentionOf(
  era: Pick<Era, "generation" | "number">,
  current: Pick<Era, "generation" | "number">,
): Retention {
  const age = ageOf(era, current);
  return age < WHOLE_ERAS ? "whole" : age === WHOLE_ERAS ? "evidence" : "proofsOnly";
}

/** Eras since; what a rollback has made void is old at once, but keeps its evidence as long as any other. */
function ageOf(era: Pick<Era, "generation" | "number">, current: Pick<Era, "generation" | "number">): number {
  if (era.generation > current.generation) return 0;
  if (era.generation < current.generation) return Math.max(WHOLE_ERAS, current.number + 1);
  return current.number - era.number;
}
