import { type Out, percent } from "../src/cli/index.ts";
import { describeLoad } from "./load.ts";
import type { DevnetReport } from "./report.ts";
import { fitColumns, flowItems } from "./view/fit-columns.ts";
import { chainFacts } from "./view/headline.ts";
import { nodeColumns } from "./view/node-columns.ts";

/** @param width  columns of the terminal; without one, as wide as it takes */
export function printReport(out: Out, report: DevnetReport, width = Number.MAX_SAFE_INTEGER): void {
  const { name, status, chains, nodes, l1, load, faults, troubles } = report;
  out.line(`${name}: ${status === "ready" ? out.paint("green", status) : out.paint("yellow", status)}`);
  const facts = chainFacts(report);
  const rootChain = `${facts.at(-1) ?? ""}, ${l1.rpcUrl}`;
  for (const line of flowItems([...facts.slice(0, -1), rootChain], Math.min(width, 100))) out.line(line);
  if (chains.some(({ height }) => height > 0)) {
    for (const line of flowItems(describeLoad(load), Math.min(width, 100))) out.line(line);
  }
  out.line();
  for (const cells of fitColumns(nodeColumns(nodes), width)) {
    const line = cells.map(({ text, color }) => (color ? out.paint(color, text) : text)).join("");
    out.line(line.trimEnd());
  }
  for (const fault of faults) {
    out.line(
      `fault ${fault.handle}: ${fault.kind} by ${fault.nodes.join(", ")}${fault.collude.length > 0 ? `, with ${fault.collude.join(", ")}` : ""}`,
    );
  }
  for (const trouble of troubles) out.line(`${out.paint("yellow", "!")} ${trouble}`);
}

/** The devnet in one line, for a log or a pipe. */
export function summaryLine({ name, status, chains, nodes, blocks }: DevnetReport): string {
  const [chain] = chains;
  const [newest] = blocks;
  const ready = nodes.filter(({ state }) => state === "ready").length;
  return [
    `${name} ${status}: ${ready}/${nodes.length} nodes`,
    ...(chain ? [`final ${chain.finalized}`, `head ${chain.height}`] : []),
    ...(newest && newest.confidence !== null ? [`block ${newest.number} ${percent(newest.confidence)}`] : []),
    ...(chain?.checkpoint ? [`checkpoint ${chain.checkpoint.number} ${chain.checkpoint.state}`] : []),
  ].join(", ");
}
