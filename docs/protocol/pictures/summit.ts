import { drawUnits, type PictureUnit } from "./drawn-units.ts";
import { type Point, Sheet, type Tone } from "./sheet.ts";

const all = (seq: number): readonly string[] => ["A", "B", "C", "D"].map((name) => `${name}${seq}`);
const tones: readonly Tone[] = ["plain", "blue", "amber", "green"];

/** Pixels per ms: the ladder below the graph shares its time axis. */
const left = 76;
const perMs = 0.395;
const xAt = (ms: number): number => left + ms * perMs;

function column(ms: number, seq: number, names: string, cites: readonly string[], level: number): PictureUnit[] {
  return [...names].map((name) => ({ id: `${name}${seq}`, x: xAt(ms), cites, tone: tones[level] as Tone }));
}

/** Two rounds of four equal validators without any fault, in the order in which the units are made. */
export const summitUnits: readonly PictureUnit[] = [
  { id: "A0", x: xAt(0), block: "first", tone: tones[0] as Tone },
  ...column(140, 0, "BCD", ["A0"], 0),
  ...column(666, 1, "ABCD", all(0), 1),
  { id: "B2", x: xAt(1020), cites: all(1), block: "second", tone: tones[2] as Tone },
  ...column(1140, 2, "ACD", ["B2"], 2),
  ...column(1666, 3, "ABCD", all(2), 3),
];

/** When a node sees the last unit of a level (messages 100 ms, building and running a block 20 ms each), and what it is worth. */
export const ladder = [
  { level: 0, atMs: 240, lastUnit: "D0", share: 0 },
  { level: 1, atMs: 766, lastUnit: "D1", share: 0.5 },
  { level: 2, atMs: 1240, lastUnit: "D2", share: 0.75 },
  { level: 3, atMs: 1766, lastUnit: "D3", share: 0.875 },
] as const;

export const summitAlt =
  "Two rounds of four validators above the first block. The units of each column see all units of the column before and stand one level higher; under them the block's confidence climbs from 0 to 0.5 at 766 ms, 0.75 at 1,240 ms and 0.875 at 1,766 ms.";

export function drawSummit(): string {
  const sheet = new Sheet(880, 484, summitAlt);
  drawUnits(sheet, summitUnits, { names: ["A", "B", "C", "D"], top: 66, step: 54 }, 28);
  for (const [ms, label] of [
    [80, "level 0: votes"],
    [666, "level 1"],
    [1080, "level 2"],
    [1666, "level 3"],
  ] as const) {
    sheet.text([xAt(ms), 32], label, { anchor: "middle", look: "bold" });
  }
  const base = 440;
  const height = 160;
  const y = (share: number): number => base - share * height;
  for (const [share, label] of [
    [1, "1"],
    [0.875, "0.875"],
    [0.75, "0.75"],
    [0.5, "0.5"],
    [0, "0"],
  ] as const) {
    sheet.line([left, y(share)], [xAt(1960), y(share)], "edge dashed");
    sheet.text([left - 8, y(share) + 4], label, { anchor: "end", look: "small" });
  }
  const steps: Point[] = [[left, y(0)]];
  for (const { atMs, share } of ladder.slice(1)) {
    const before = (steps.at(-1) as Point)[1];
    steps.push([xAt(atMs), before], [xAt(atMs), y(share)]);
  }
  steps.push([xAt(1960), (steps.at(-1) as Point)[1]]);
  sheet.polyline(steps);
  for (const { level, atMs, share } of ladder.slice(1)) {
    sheet.circle([xAt(atMs), y(share)], 5, tones[level] as Tone);
    sheet.text([xAt(atMs), base + 20], `${atMs.toLocaleString("en")} ms`, { anchor: "middle", look: "small" });
  }
  sheet.text([xAt(0), base + 20], "0 ms", { anchor: "middle", look: "small" });
  sheet.text([left + 6, y(1) - 8], "confidence of the first block, as a share of all weight", {
    look: "small",
  });
  return sheet.toString();
}
