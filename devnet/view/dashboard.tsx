import { Box, Text } from "ink";
import type { DevnetReport } from "../report.ts";
import { blockColumns } from "./block-columns.ts";
import { briefly } from "./briefly.ts";
import { type Cell, cut, type FitColumn, fitColumns, flowItems } from "./fit-columns.ts";
import { chainFacts } from "./headline.ts";
import { nodeColumns } from "./node-columns.ts";
import { shareRows } from "./share-rows.ts";

export interface DashboardProps {
  readonly report: DevnetReport;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** False for NO_COLOR and --no-color. */
  readonly color: boolean;
  /** What the keys do, the most important first; empty when nobody can press one any more. */
  readonly hints: readonly string[];
}

/** A devnet at a glance; a function of its report, the time and the terminal. No line is longer than the terminal. */
export function Dashboard({ report, nowMs, columns, rows, color, hints }: DashboardProps) {
  const { name, status, startedAt, nodes, blocks, faults, troubles } = report;
  const uptime = startedAt === null ? [] : [`up ${briefly(nowMs - Date.parse(startedAt))}`];
  const facts = flowItems(chainFacts(report), columns);
  const notes: readonly Note[] = [
    ...troubles.map((text) => ({ text: `! ${text}`, color: "yellow" as const })),
    ...faults.map((fault) => ({ text: faultLine(fault), color: "magenta" as const })),
  ];
  const keys = flowItems(hints, columns).slice(0, 1);
  const share = shareRows(
    { nodes: nodes.length, blocks: blocks.length, notes: notes.length },
    rows - 1 - facts.length - keys.length,
  );
  const shownNodes = worstFirst(nodes, share.nodes);
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        <Text bold={color}>{cut(name, columns)}</Text>{" "}
        <Text {...tint(color, status === "ready" ? "green" : "yellow")}>{status}</Text>
        {uptime.map((text) => `  ${text}`).join("")}
      </Text>
      {facts.map((line) => (
        <Text key={line} wrap="truncate">
          {line}
        </Text>
      ))}
      <Table columns={nodeColumns(shownNodes)} width={columns} color={color} />
      {shownNodes.length < nodes.length ? <Text>{`… ${nodes.length - shownNodes.length} more`}</Text> : null}
      {blocks.length > 0 && share.blocks > 0 ? (
        <Table columns={blockColumns(blocks.slice(0, share.blocks), nowMs)} width={columns} color={color} />
      ) : null}
      <Notes notes={notes} most={share.notes} color={color} />
      {keys.length > 0 ? (
        <Box marginTop={1}>
          <Text dimColor={color} wrap="truncate">
            {keys[0]}
          </Text>
        </Box>
      ) : null}
    </Box>
  );
}

interface Note {
  readonly text: string;
  readonly color: "yellow" | "magenta";
}

function Notes(props: { readonly notes: readonly Note[]; readonly most: number; readonly color: boolean }) {
  const { notes, most, color } = props;
  if (notes.length === 0 || most === 0) return null;
  const shown = (notes.length <= most ? notes : notes.slice(0, most - 1)).map((note, index) => ({
    ...note,
    key: `${index}`,
  }));
  return (
    <Box flexDirection="column" marginTop={1}>
      {shown.map(({ text, color: own, key }) => (
        <Text key={key} wrap="truncate" {...tint(color, own)}>
          {text}
        </Text>
      ))}
      {shown.length < notes.length ? <Text>{`… ${notes.length - shown.length} more`}</Text> : null}
    </Box>
  );
}

function Table(props: { readonly columns: readonly FitColumn[]; readonly width: number; readonly color: boolean }) {
  const [titles = [], ...rows] = fitColumns(props.columns, props.width);
  const lines = rows.map((cells, index) => ({ cells, key: `${index}` }));
  return (
    <Box flexDirection="column" marginTop={1}>
      <Text dimColor={props.color} wrap="truncate">
        {titles.map(({ text }) => text).join("")}
      </Text>
      {lines.map(({ cells, key }) => (
        <Row key={key} cells={cells} color={props.color} />
      ))}
    </Box>
  );
}

function Row({ cells, color }: { readonly cells: readonly Cell[]; readonly color: boolean }) {
  const parts = cells.map((cell, index) => ({ ...cell, key: `${index}` }));
  return (
    <Text wrap="truncate">
      {parts.map((cell) => (
        <Text key={cell.key} {...tint(color, cell.color)}>
          {cell.text}
        </Text>
      ))}
    </Text>
  );
}

/** Where not all have room, those that are not well are shown. */
function worstFirst(nodes: DevnetReport["nodes"], count: number): DevnetReport["nodes"] {
  if (nodes.length <= count) return nodes;
  const sick = nodes.filter(({ state }) => state !== "ready");
  const chosen = new Set([...new Set([...sick, ...nodes])].slice(0, count));
  return nodes.filter((node) => chosen.has(node));
}

function faultLine({ handle, kind, nodes, collude }: DevnetReport["faults"][number]): string {
  const others = collude.length > 0 ? `, with ${collude.join(", ")}` : "";
  return `fault ${handle}: ${kind} by ${nodes.join(", ")}${others}`;
}

function tint<Color extends string>(color: boolean, name: Color | undefined): { color: Color } | Record<string, never> {
  return color && name !== undefined ? { color: name } : {};
}
