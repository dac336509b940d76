import type { Clock } from "../clock.ts";
import { type Era, type Retention, retentionOf } from "../consensus/index.ts";
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

export function createEraPruning({ store, clock, logger, fatal }: EraPruningPorts, enabled: boolean): EraPruning {
  let cancel: (() => void) | undefined;
  let current: Era | undefined;

  const keeps = ({ generation, era }: StoredInstance): Retention =>
    current ? retentionOf({ generation: Number(generation), number: Number(era) }, current) : "whole";

  /** One slice; false when nothing is left to delete. */
  function work(): boolean {
    for (const row of store.instances.list()) {
      if (keeps(row) === "whole") continue;
      const deleted = store.units.prune(row.hash, SLICE_UNITS);
      if (deleted > 0) return true;
      if (keeps(row) === "evidence") continue;
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
