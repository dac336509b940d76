import type { Clock } from "../clock.ts";
import type { Era } from "../consensus/index.ts";
import type { Logger } from "../logger.ts";
import { timestamp } from "../primitives/index.ts";
import type { Store, StoredInstance } from "../storage/index.ts";

/** Deletes what nobody asks for any more: units two eras after theirs, evidence three eras after (KoMaBFT spec 13). */
export interface EraPruning {
  /** The era that runs now. */
  eraBegan(era: Era): void;
  stop(): void;
}

export interface EraPruningPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fatal: (error: unknown) => void;
}

/** Units deleted at once: a millisecond or two, which no block waits for. */
const SLICE_UNITS = 128;
const PAUSE_MS = 40;
/** The current era and the one before are kept whole, of the one before those the evidence. */
const WHOLE_ERAS = 2;

export function createEraPruning({ store, clock, logger, fatal }: EraPruningPorts, enabled: boolean): EraPruning {
  let cancel: (() => void) | undefined;
  let current: Era | undefined;

  /** Eras since; what a rollback has made void is old at once, but keeps its evidence as long as any other. */
  function age(row: StoredInstance): number {
    if (!current || row.generation > BigInt(current.generation)) return 0;
    if (row.generation < BigInt(current.generation)) return Math.max(WHOLE_ERAS, current.number + 1);
    return current.number - Number(row.era);
  }

  /** One slice; false when nothing is left to delete. */
  function work(): boolean {
    for (const row of store.instances.list()) {
      if (age(row) < WHOLE_ERAS) continue;
      const deleted = store.units.prune(row.hash, SLICE_UNITS);
      if (deleted > 0) return true;
      if (age(row) <= WHOLE_ERAS) continue;
      // Whoever contradicted itself can be charged on the root chain much later, and that takes the evidence.
      if (store.units.evidence(row.hash).length > 0) continue;
      store.instances.forget(row.hash);
      logger.debug({ era: row.era, instance: row.hash }, "an old era is forgotten");
      return true;
    }
    return false;
  }

  function later(): void {
    cancel ??= clock.schedule(timestamp(clock.now() + PAUSE_MS), () => {
      cancel = undefined;
      try {
        if (work()) later();
      } catch (error) {
        fatal(error);
      }
    });
  }

  return {
    eraBegan(era) {
      current = era;
      if (enabled) later();
    },
    stop() {
      cancel?.();
    },
  };
}
