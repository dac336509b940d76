import { essentialCitations, type GraphFormat, type GraphUnit, newestUnits, type UnitGraph } from "./unit-graph.ts";

/** A picture of a DAG: lines for people, Graphviz, or Mermaid. */
export function drawGraph(graph: UnitGraph, format: GraphFormat): string {
  const drawn = newestUnits(graph);
  if (format === "text") return drawText(drawn);
  return format === "dot" ? drawDot(drawn) : drawMermaid(drawn);
}

/** One line per unit, under the round it belongs to. */
function drawText(graph: UnitGraph): string {
  const cites = essentialCitations(graph);
  const widthOf = (cell: (unit: GraphUnit) => string) => Math.max(0, ...graph.units.map((unit) => cell(unit).length));
  const [idWidth, creatorWidth, roleWidth] = [widthOf(({ id }) => id), widthOf(laneName), widthOf(roleOf)];
  const lines: string[] = [];
  let round: number | undefined;
  for (const unit of graph.units) {
    if (unit.round !== round) lines.push(`round ${unit.round} ms`);
    round = unit.round;
    const seen = [...(cites.get(unit.id) ?? []), ...unit.faulty.map((name) => `${name} faulty`)];
    const cells = [
      unit.id.padEnd(idWidth),
      laneName(unit).padEnd(creatorWidth),
      roleOf(unit).padEnd(roleWidth),
      seen.length === 0 ? "" : `sees ${seen.join(", ")}`,
    ];
    lines.push(`  ${cells.join("  ").trimEnd()}`);
  }
  return lines.join("\n");
}

function laneName({ creator, seq }: GraphUnit): string {
  return `${creator}#${seq}`;
}

function roleOf({ block, vote, id }: GraphUnit): string {
  if (block !== undefined) return `block ${block}`;
  return vote === undefined || vote === id ? "no vote" : `votes ${vote}`;
}

/** For `dot -Tsvg`: lanes from top to bottom, time from left to right, every arrow to what is seen. */
function drawDot(graph: UnitGraph): string {
  const lines = ["digraph units {", "  rankdir=RL;", "  node [shape=circle, fontsize=10];"];
  graph.creators.forEach((creator, i) => {
    lines.push(`  subgraph cluster_${i} {`, `    label=${quoted(creator)};`);
    for (const unit of graph.units.filter((candidate) => candidate.creator === creator)) {
      const shape = unit.block === undefined ? "" : ", shape=box";
      lines.push(`    ${quoted(unit.id)} [label="${labelOf(unit).map(dotText).join("\\n")}"${shape}];`);
    }
    lines.push("  }");
  });
  for (const [id, cited] of essentialCitations(graph)) {
    for (const other of cited) lines.push(`  ${quoted(id)} -> ${quoted(other)};`);
  }
  return [...lines, "}"].join("\n");
}

/** For Markdown that draws Mermaid. */
function drawMermaid(graph: UnitGraph): string {
  const lines = ["flowchart RL"];
  const nodes = new Map(graph.units.map(({ id }, i) => [id, `u${i}`]));
  graph.creators.forEach((creator, i) => {
    lines.push(`  subgraph v${i}["${mermaidText(creator)}"]`);
    for (const unit of graph.units.filter((candidate) => candidate.creator === creator)) {
      const label = `"${labelOf(unit).map(mermaidText).join("<br/>")}"`;
      lines.push(`    ${nodes.get(unit.id)}${unit.block === undefined ? `((${label}))` : `[${label}]`}`);
    }
    lines.push("  end");
  });
  for (const [id, cited] of essentialCitations(graph)) {
    for (const other of cited) lines.push(`  ${nodes.get(id)} --> ${nodes.get(other)}`);
  }
  return lines.join("\n");
}

/** The lines of a unit's label. */
function labelOf({ id, block }: GraphUnit): readonly string[] {
  return block === undefined || block === id ? [id] : [id, block];
}

function quoted(text: string): string {
  return `"${dotText(text)}"`;
}

function dotText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

/** Inside quotes Mermaid reads HTML's escapes, and tags. */
function mermaidText(text: string): string {
  return text.replace(/[#&<>"`]/g, (character) => `#${character.charCodeAt(0)};`);
}
