import { type FigureKey, type Figures, figure } from "./figures.ts";

/** One of the project's targets: a ratio of koma to something that was measured beside it. */
export interface TargetRow {
  readonly measure: string;
  readonly ours: FigureKey;
  readonly yardstick: string;
  /** What ours is divided by; a number where there is nothing to measure. */
  readonly beside: FigureKey | number;
  readonly better: "lower" | "higher";
  readonly floor: number;
  readonly target: number;
  readonly digits: number;
}

export type Verdict = "met" | "floor only" | "missed" | "not measured";

export interface JudgedRow extends TargetRow {
  readonly koma: number | undefined;
  readonly other: number | undefined;
  readonly ratio: number | undefined;
  readonly verdict: Verdict;
}

type Bounds = readonly [floor: number, target: number];

function lower(measure: string, ours: FigureKey, yardstick: string, beside: FigureKey | number, bounds: Bounds) {
  return row("lower", measure, ours, yardstick, beside, bounds);
}

function higher(measure: string, ours: FigureKey, yardstick: string, beside: FigureKey | number, bounds: Bounds) {
  return row("higher", measure, ours, yardstick, beside, bounds);
}

function row(
  better: TargetRow["better"],
  measure: string,
  ours: FigureKey,
  yardstick: string,
  beside: FigureKey | number,
  [floor, target]: Bounds,
): TargetRow {
  const digits = ours.endsWith("CpuMs") || ours.endsWith("CpuMsPerNode") ? 2 : ours.endsWith("idleCpu") ? 3 : 0;
  return { measure, ours, yardstick, beside, better, floor, target, digits };
}

/** @see the project's performance design, section 5 */
export const TARGET_ROWS: readonly TargetRow[] = [
  lower("one node: spawn to first answer, ms", "koma1.answerMs", "hardhat", "hardhat.answerMs", [1.5, 0.7]),
  lower("four validators: all answer, ms", "koma4.allAnswerMs", "hardhat", "hardhat.answerMs", [6, 3]),
  lower(
    "four validators: spawn to first final block, ms",
    "koma4.firstFinalMs",
    "anvil's first block",
    "anvil.firstBlockMs",
    [6, 3.5],
  ),
  higher("transfers per second, one node", "koma1.transferTps", "anvil", "anvil.transferTps", [0.2, 0.45]),
  higher("transfers per second, four validators", "koma4.transferTps", "hardhat", "hardhat.transferTps", [0.5, 1.2]),
  higher("ERC-20 transfers per second, one node", "koma1.erc20Tps", "hardhat", "hardhat.erc20Tps", [1, 2]),
  higher("ERC-20 transfers per second, four validators", "koma4.erc20Tps", "hardhat", "hardhat.erc20Tps", [0.4, 0.9]),
  higher("20-slot writes per second, one node", "koma1.storageTps", "hardhat", "hardhat.storageTps", [0.2, 1]),
  higher(
    "compute, gas per CPU second, one node",
    "koma1.computeGasPerCpuS",
    "hardhat",
    "hardhat.computeGasPerCpuS",
    [0.15, 1],
  ),
  lower("CPU per transfer, one node, ms", "koma1.transferCpuMs", "anvil", "anvil.transferCpuMs", [4, 1.5]),
  lower(
    "inclusion p95 at 200 a second, four validators, ms",
    "koma4.steadyP95Ms",
    "anvil",
    "anvil.steadyP95Ms",
    [1.6, 1.15],
  ),
  lower("a lone user's send to receipt, one node, ms", "koma1.loneMs", "hardhat", "hardhat.loneMs", [5, 1.5]),
  lower("in a block to final at 1/3, four validators, ms", "koma4.finalLagMs", "a block", "koma4.blockMs", [3, 1.1]),
  lower("memory per validator, idle, MiB", "koma4.idleMib", "hardhat, idle", "hardhat.idleMib", [1.4, 0.8]),
  lower("memory per validator, loaded, MiB", "koma4.loadedMib", "hardhat, idle", "hardhat.idleMib", [2.5, 1.2]),
  lower("CPU per validator while idle, cores", "koma4.idleCpu", "one core", 1, [0.05, 0.02]),
  lower(
    "CPU per transfer and validator, n = 7, ms",
    "koma7.steadyCpuMsPerNode",
    "n = 4",
    "koma4.steadyCpuMsPerNode",
    [1.5, 1.15],
  ),
  higher("tps, last tenth of a long run", "koma1.lastTps", "its first tenth", "koma1.firstTps", [0.7, 0.9]),
  higher(
    "tps of the executor, 100,000 accounts",
    "koma1.manyAccountsTps",
    "1,500 accounts",
    "koma1.fewAccountsTps",
    [0.5, 0.8],
  ),
];

/** Whether a target is met by what was measured. */
export function judge(target: TargetRow, figures: Pick<Figures, "samples">): JudgedRow {
  const koma = figure(figures, target.ours);
  const other = typeof target.beside === "number" ? target.beside : figure(figures, target.beside);
  if (koma === undefined || other === undefined) {
    return { ...target, koma, other, ratio: undefined, verdict: "not measured" };
  }
  const ratio = koma / other;
  const within = (bound: number) => (target.better === "lower" ? ratio <= bound : ratio >= bound);
  const verdict = within(target.target) ? "met" : within(target.floor) ? "floor only" : "missed";
  return { ...target, koma, other, ratio, verdict };
}

const BUSY =
  "The machine did other work at the time, more than it has cores for: times and rates are worse than on a quiet one, and not all by as much.";

/** Fewer transactions than this are a block or two of the chains that make one a second. */
const ENOUGH = 5_000;
const FEW =
  "So few transactions are a block or two where blocks come every second: the rates of koma and anvil, and verdicts on them, say little.";

/** The table for docs/benchmarks.md, with a sentence that counts the verdicts. */
export function targetTable(figures: Figures): string {
  const rows = TARGET_ROWS.map((target) => judge(target, figures));
  const count = (verdict: Verdict) => rows.filter((judged) => judged.verdict === verdict).length;
  return [
    `${figures.koma} on ${figures.machine}, ${figures.date}; medians of ${figures.rounds === 1 ? "one round" : `${figures.rounds} rounds`}, ` +
      `${thousands(figures.count, 0)} transactions where it goes as fast as it can.${figures.count < ENOUGH ? ` ${FEW}` : ""}${figures.busy ? ` ${BUSY}` : ""}`,
    "",
    `Of ${rows.length} targets ${count("met")} are met, ${count("floor only")} only reach their floor, ${count("missed")} are missed, ` +
      `${count("not measured")} could not be measured.`,
    "",
    "| measure | koma | yardstick | | ratio | better | floor | target | |",
    "| --- | ---: | --- | ---: | ---: | --- | ---: | ---: | --- |",
    ...rows.map(
      (judged) =>
        `| ${judged.measure} | ${cell(judged.koma, judged.digits)} | ${judged.yardstick} | ${cell(judged.other, judged.digits)} | ` +
        `${judged.ratio?.toFixed(2) ?? ""} | ${judged.better} | ${judged.floor} | ${judged.target} | ${emphasis(judged.verdict)} |`,
    ),
    ...figures.failures.map(({ step, reason }) => `\nNot measured, ${step}: ${reason}`),
  ].join("\n");
}

function emphasis(verdict: Verdict): string {
  return verdict === "missed" ? "**missed**" : verdict;
}

function cell(value: number | undefined, digits: number): string {
  return value === undefined ? "" : thousands(value, digits);
}

function thousands(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
