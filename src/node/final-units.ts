import type { UnitHash } from "../consensus/index.ts";
import { type Bytes, concatBytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** A final block with the unit that carries it. */
export interface FinalUnit {
  readonly unit: UnitHash;
  readonly block: Hash;
}

/**
 * Which unit carries the newest final block of each threshold, kept so that a restart neither reports a block again nor
 * runs one again whose execution is on disk.
 */
export interface FinalUnits {
  mark(instance: Hash, fraction: number, final: FinalUnit): void;
  /** Undefined when the newest mark belongs to another instance. */
  newest(instance: Hash, fraction: number): FinalUnit | undefined;
}

/** Instance, unit and block. The block too: after a crash the chain on disk may be further than the mark. */
const MARK_BYTES = 96;

export function createFinalUnits(meta: Store["meta"]): FinalUnits {
  return {
    mark(instance, fraction, { unit, block }) {
      const value = [instance, unit as string as Hash, block].map(hashToBytes);
      meta.set(finalUnitKey(fraction), concatBytes(...value));
    },
    newest: (instance, fraction) => readFinalUnit(meta.get(finalUnitKey(fraction)), instance),
  };
}

/** Name of a threshold's mark. */
export function finalUnitKey(fraction: number): string {
  return `final.${fraction.toFixed(6)}`;
}

/** A mark as stored; undefined when it belongs to another instance. */
export function readFinalUnit(value: Bytes | undefined, instance: Hash): FinalUnit | undefined {
  if (value?.length !== MARK_BYTES || hashFromBytes(value.subarray(0, 32)) !== instance) return undefined;
  const unit = hashFromBytes(value.subarray(32, 64)) as string as UnitHash;
  return { unit, block: hashFromBytes(value.subarray(64)) };
}
