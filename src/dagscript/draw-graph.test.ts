import { describe, expect, it } from "vitest";
import { drawGraph } from "./draw-graph.ts";
import { essentialCitations, type GraphUnit, MAX_DRAWN_UNITS, type UnitGraph } from "./unit-graph.ts";

const unit = (
  id: string,
  creator: string,
  seq: number,
  cites: readonly string[],
  more: Partial<GraphUnit> = {},
): GraphUnit => ({
  id,
  creator,
  seq,
  round: 0,
  cites,
  faulty: [],
  block: undefined,
  vote: undefined,
  ...more,
});

// a0 ── b0 ── a1: the citation of a0 by a1 is implied by b0.
const graph: UnitGraph = {
  creators: ['A"', "B"],
  units: [
    unit("a0", 'A"', 0, [], { block: 'X"', vote: "a0" }),
    unit("b0", "B", 0, ["a0"], { vote: "a0" }),
    unit("a1", 'A"', 1, ["a0", "b0"], { round: 1000, faulty: ["C"] }),
  ],
};

describe("a picture of a DAG", () => {
  it("leaves out citations that others imply, and those of units that are not in it", () => {
    expect([...essentialCitations(graph)]).toEqual([
      ["a0", []],
      ["b0", ["a0"]],
      ["a1", ["b0"]],
    ]);
    expect(essentialCitations({ ...graph, units: graph.units.slice(1) }).get("b0")).toEqual([]);
  });

  it("is text by rounds", () => {
    expect(drawGraph(graph, "text").split("\n")).toEqual([
      "round 0 ms",
      '  a0  A"#0  block X"',
      "  b0  B#0   votes a0  sees a0",
      "round 1000 ms",
      '  a1  A"#1  no vote   sees b0, C faulty',
    ]);
  });

  it("is Graphviz with every name quoted", () => {
    const dot = drawGraph(graph, "dot").split("\n");
    expect(dot).toContain('    label="A\\"";');
    expect(dot).toContain('    "a0" [label="a0\\nX\\"", shape=box];');
    expect(dot.filter((line) => line.includes("->"))).toEqual(['  "b0" -> "a0";', '  "a1" -> "b0";']);
  });

  it("is Mermaid with every name escaped", () => {
    const mermaid = drawGraph(graph, "mermaid").split("\n");
    expect(mermaid).toContain('  subgraph v0["A#34;"]');
    expect(mermaid).toContain('    u0["a0<br/>X#34;"]');
    expect(mermaid.filter((line) => line.includes("-->"))).toEqual(["  u1 --> u0", "  u2 --> u1"]);
  });

  it("shows the newest units of a long state", () => {
    const units = Array.from({ length: MAX_DRAWN_UNITS + 5 }, (_, i) =>
      unit(`u${i}`, "B", i, i === 0 ? [] : [`u${i - 1}`]),
    );
    const lines = drawGraph({ creators: ["B"], units }, "text").split("\n");
    expect(lines).toHaveLength(MAX_DRAWN_UNITS + 1);
    expect(lines[1]).toMatch(/^ {2}u5 /);
  });
});
