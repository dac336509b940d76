import type { DevnetReport } from "../report.ts";
import type { Cell, FitColumn } from "./fit-columns.ts";

type NodeRow = DevnetReport["nodes"][number];

/** How the nodes are, most telling first: a narrow terminal shows name, state and what is final. */
export function nodeColumns(nodes: readonly NodeRow[]): readonly FitColumn[] {
  const numbers = (read: (node: NodeRow) => number): readonly Cell[] =>
    nodes.map((node) => ({ text: node.state !== "ready" && node.height === 0 ? "–" : String(read(node)) }));
  const restarted = nodes.some(({ restarts }) => restarts > 0);
  return [
    { title: "node", rank: 0, cells: nodes.map(({ name }) => ({ text: name })) },
    {
      title: "state",
      rank: 1,
      cells: nodes.map(({ state }) => ({ text: state, color: nodeColor(state) })),
    },
    { title: "final", align: "right", rank: 2, cells: numbers(({ finalized }) => finalized) },
    { title: "head", align: "right", rank: 3, cells: numbers(({ height }) => height) },
    { title: "peers", align: "right", rank: 4, cells: numbers(({ peers }) => peers) },
    ...(restarted
      ? [{ title: "restarts", align: "right", rank: 5, cells: numbers(({ restarts }) => restarts) } as const]
      : []),
    { title: "rpc", rank: 6, cells: nodes.map(({ rpcUrl }) => ({ text: rpcUrl })) },
    { title: "roles", rank: 7, cells: nodes.map(({ roles }) => ({ text: roles.join(", ") })) },
  ];
}

export function nodeColor(state: string): "green" | "red" | "yellow" {
  if (state === "ready") return "green";
  return state === "crashed" || state === "killed" ? "red" : "yellow";
}
