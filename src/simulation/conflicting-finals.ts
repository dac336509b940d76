import type { Hash } from "../primitives/index.ts";
import type { Simulation } from "./simulation.ts";

export interface Conflict {
  readonly height: number;
  /** Of the era that both blocks are in. */
  readonly instance: Hash;
  /** The smaller of the two thresholds: more than that must have equivocated. */
  readonly threshold: number;
}

/**
 * Pairs of different blocks at one height of an era that some nodes called final, with what they called final at. Eras that
 * begin on different blocks are no pair: what they begin on is one, in the era before.
 */
export function conflictingFinals(simulation: Simulation): readonly Conflict[] {
  // Finals have no gaps, so branches that compete anywhere differ at some height.
  const strongest = new Map<string, { instance: Hash; height: number; blocks: Map<string, number> }>();
  for (const node of simulation.nodes) {
    for (const { block, threshold, instance } of node.finals) {
      const { height, unit } = block;
      const key = `${instance.id} ${height}`;
      const place = strongest.get(key) ?? { instance: instance.id, height, blocks: new Map<string, number>() };
      place.blocks.set(unit, Math.max(threshold, place.blocks.get(unit) ?? -1));
      strongest.set(key, place);
    }
  }
  const conflicts: Conflict[] = [];
  for (const { instance, height, blocks } of strongest.values()) {
    const thresholds = [...blocks.values()].sort((a, b) => b - a);
    // The second strongest block bounds every pair at this height.
    if (thresholds[1] !== undefined) conflicts.push({ height, instance, threshold: thresholds[1] });
  }
  return conflicts;
}
