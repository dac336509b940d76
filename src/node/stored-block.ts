import type { BlockRef, UnitHash } from "../consensus/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";
import type { ConsensusDriver } from "./consensus-driver.ts";

/** A block of consensus with its payload, which consensus itself keeps of recent blocks only. */
export function storedBlock(
  unit: UnitHash,
  driver: Pick<ConsensusDriver, "block">,
  units: Pick<Store["units"], "unit">,
): BlockRef | undefined {
  const found = driver.block(unit);
  if (!found) return undefined;
  const payload = found.block.payload ?? units.unit(found.instance, unit as string as Hash)?.payload;
  return { ...found.block, payload };
}
