import type { SignedUnit, UnitHash } from "../consensus/index.ts";

/**
 * A state as a graph for Graphviz: one row per validator, time from left to right, an arrow for every citation that no
 * other citation of the same unit implies; blocks are boxes.
 */
export function dagToDot(units: readonly SignedUnit[], title: string): string {
  const byHash = new Map(units.map((unit) => [unit.hash, unit]));
  const lanes = new Map<number, SignedUnit[]>();
  for (const unit of units) lanes.set(unit.creator, [...(lanes.get(unit.creator) ?? []), unit]);
  const lines = [`digraph koma {`, `  label=${JSON.stringify(title)}; rankdir=LR; node [shape=ellipse];`];
  for (const [creator, lane] of [...lanes].sort(([a], [b]) => a - b)) {
    lines.push(`  subgraph cluster_${creator} { label="validator ${creator}";`);
    for (const unit of lane) {
      const isBlock = unit.body.blockHash !== undefined;
      const label = `${creator}.${unit.seq}\\n${unit.body.t} ms`;
      lines.push(`    ${nameOf(unit.hash)} [label="${label}"${isBlock ? ", shape=box, style=bold" : ""}];`);
    }
    lines.push("  }");
  }
  for (const unit of units) {
    for (const cited of directCitations(unit, byHash)) lines.push(`  ${nameOf(unit.hash)} -> ${nameOf(cited)};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Cited units that none of the other cited units cites: the panorama is complete, a picture need not be. */
function directCitations(unit: SignedUnit, byHash: ReadonlyMap<UnitHash, SignedUnit>): readonly UnitHash[] {
  const implied = new Set(unit.hashes.flatMap((hash) => byHash.get(hash)?.hashes ?? []));
  return unit.hashes.filter((hash) => !implied.has(hash) || hash === unit.prev);
}

function nameOf(hash: UnitHash): string {
  return `u${hash.slice(2, 14)}`;
}
