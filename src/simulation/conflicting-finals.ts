import type { Simulation } from "./simulation.ts";

export interface Conflict {
  readonly height: number;
  /** The smaller of the two thresholds: more than that must have equivocated. */
  readonly threshold: number;
}

/** Pairs of different blocks at one height that some nodes called final, with what they called final at. */
export function conflictingFinals(simulation: Simulation): readonly Conflict[] {
  // Finals have no gaps, so branches that compete anywhere differ at some height.
  const strongest = new Map<number, Map<string, number>>();
  for (const node of simulation.nodes) {
    for (const { block, threshold } of node.finals) {
      const atHeight = strongest.get(block.height) ?? new Map<string, number>();
      atHeight.set(block.unit, Math.max(threshold, atHeight.get(block.unit) ?? -1));
      strongest.set(block.height, atHeight);
    }
  }
  const conflicts: Conflict[] = [];
  for (const [height, blocks] of strongest) {
    const thresholds = [...blocks.values()].sort((a, b) => b - a);
    // The second strongest block bounds every pair at this height.
    if (thresholds[1] !== undefined) conflicts.push({ height, threshold: thresholds[1] });
  }
  return conflicts;
}
