import type { ManifestNode, Out } from "../src/cli/index.ts";
import type { LogLevel } from "../src/logger.ts";
import { followLines, sizeOf } from "./follow-file.ts";
import { readTail } from "./log-tail.ts";

export interface ShowLogsOptions {
  readonly follow: boolean;
  /** Lines of each node. */
  readonly tail: number;
  readonly level: LogLevel;
  readonly match?: string | undefined;
  readonly out: Out<LogRecord>;
  readonly signal: AbortSignal;
}

/** One line of a node's log; texts are empty in a line that is not of our logger. */
export interface LogRecord {
  /** ISO 8601, UTC. */
  readonly ts: string;
  readonly node: string;
  readonly level: string;
  readonly module: string;
  readonly msg: string;
  readonly fields: unknown;
}

const ORDER: readonly string[] = ["error", "warn", "info", "debug"];

/** Prints the logs of nodes, merged by time, and follows them if asked. */
export async function showLogs(nodes: readonly ManifestNode[], options: ShowLogsOptions): Promise<void> {
  const { out } = options;
  const wanted = (record: LogRecord): boolean =>
    // A line without a level of ours is kept: nobody knows how important it is.
    Math.max(0, ORDER.indexOf(record.level)) <= ORDER.indexOf(options.level) &&
    (options.match === undefined || JSON.stringify(record).includes(options.match));
  const show = (record: LogRecord): void => {
    if (wanted(record)) out.record(record, formatRecord(record));
  };
  const offsets = await Promise.all(nodes.map(({ log }) => sizeOf(log)));
  const past = nodes.flatMap(({ name, log }) =>
    readTail(log, options.tail, 4 * 1024 * 1024).map((line) => parseLine(line, name)),
  );
  for (const record of past.sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0))) show(record);
  if (!options.follow) return;
  await Promise.all(
    nodes.map(async ({ name, log }, index) => {
      for await (const line of followLines(log, offsets[index] ?? 0, options.signal)) show(parseLine(line, name));
    }),
  );
}

function parseLine(line: string, node: string): LogRecord {
  try {
    const { ts, level, module, msg, fields } = JSON.parse(line) as Record<string, unknown>;
    return { ts: text(ts), node, level: text(level), module: text(module), msg: text(msg), fields: fields ?? {} };
  } catch {
    return { ts: "", node, level: "", module: "", msg: line, fields: {} }; // no JSON: shown as it stands
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function formatRecord({ ts, node, level, module, msg, fields }: LogRecord): string {
  const facts = Object.entries(fields as Record<string, unknown>).map(([key, value]) => `${key}=${format(value)}`);
  return [ts.slice(11, 23), node, level.toUpperCase().padEnd(5), module === "" ? "" : `${module}:`, msg, ...facts]
    .filter((part) => part !== "")
    .join(" ");
}

function format(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
