import type { UnitHash } from "../consensus/index.ts";
import type { Hash } from "../primitives/index.ts";

/** Units whose block is remembered; that of an older one is read from its stored payload when somebody asks. */
const MAX_LINKS = 8_192;

/** Which unit of the running instance carries which block, for blocks that were executed here. */
export interface BlockLinks {
  link(unit: UnitHash, block: Hash): void;
  hashOf(unit: UnitHash): Hash | undefined;
  unitOf(block: Hash): UnitHash | undefined;
  clear(): void;
}

export function createBlockLinks(): BlockLinks {
  const hashes = new Map<UnitHash, Hash>();
  const units = new Map<Hash, UnitHash>();
  return {
    link(unit, block) {
      hashes.set(unit, block);
      units.set(block, unit);
      if (hashes.size <= MAX_LINKS) return;
      const [oldest, forgotten] = hashes.entries().next().value as [UnitHash, Hash];
      hashes.delete(oldest);
      units.delete(forgotten);
    },
    hashOf: (unit) => hashes.get(unit),
    unitOf: (block) => units.get(block),
    clear() {
      hashes.clear();
      units.clear();
    },
  };
}
