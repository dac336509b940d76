import { percent } from "../../src/cli/index.ts";
import type { RecentBlock } from "../recent-blocks.ts";
import { briefly } from "./briefly.ts";
import { confidenceBar, isFinalAtThird, reachedMark } from "./confidence-bar.ts";
import type { Cell, FitColumn } from "./fit-columns.ts";

/** The newest blocks, with confidence as a bar in what width is left. */
export function blockColumns(blocks: readonly RecentBlock[], nowMs: number): readonly FitColumn[] {
  const bar = (row: number, width: number): Cell => {
    const confidence = blocks[row]?.confidence ?? 0;
    return paintedBy(confidence, confidenceBar(confidence, width));
  };
  return [
    { title: "block", align: "right", rank: 0, cells: blocks.map(({ number }) => ({ text: String(number) })) },
    { title: "producer", rank: 3, cells: blocks.map(({ producer }) => ({ text: producer.slice(0, 16) })) },
    { title: "txs", align: "right", rank: 6, cells: blocks.map(({ txs }) => ({ text: String(txs) })) },
    {
      title: "age",
      align: "right",
      rank: 4,
      cells: blocks.map(({ time }) => ({ text: briefly(nowMs - Date.parse(time)) })),
    },
    { title: "confidence", rank: 2, cells: [], grow: { least: 10, most: 40, draw: bar } },
    {
      title: "",
      align: "right",
      rank: 1,
      cells: blocks.map(({ confidence }) =>
        confidence === null ? { text: "–" } : paintedBy(confidence, percent(confidence)),
      ),
    },
    {
      title: "",
      rank: 5,
      cells: blocks.map(({ confidence }) => paintedBy(confidence ?? 0, reachedMark(confidence ?? 0))),
    },
  ];
}

function paintedBy(confidence: number, text: string): Cell {
  return { text, color: isFinalAtThird(confidence) ? "green" : "yellow" };
}
