import type { UnitHash } from "../consensus/index.ts";
import { concatBytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/**
 * Which unit carries the newest final block of each threshold, kept so that a restart neither reports a block again nor
 * runs one again whose execution is on disk.
 */
export interface FinalUnits {
  mark(instance: Hash, fraction: number, unit: UnitHash): void;
  /** Undefined when the newest mark belongs to another instance. */
  newest(instance: Hash, fraction: number): UnitHash | undefined;
}

export function createFinalUnits(meta: Store["meta"]): FinalUnits {
  const key = (fraction: number) => `final.${fraction.toFixed(6)}`;
  return {
    mark(instance, fraction, unit) {
      meta.set(key(fraction), concatBytes(hashToBytes(instance), hashToBytes(unit as string as Hash)));
    },
    newest(instance, fraction) {
      const value = meta.get(key(fraction));
      if (value?.length !== 64 || hashFromBytes(value.subarray(0, 32)) !== instance) return undefined;
      return hashFromBytes(value.subarray(32)) as string as UnitHash;
    },
  };
}
