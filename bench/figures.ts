import { median } from "./statistics.ts";

/** What was measured: koma with so many validators, or another tool. */
export type Subject = "koma1" | "koma4" | "koma7" | "anvil" | "hardhat" | "ganache";

/** Times in ms, rates per second, memory in MiB per node. */
export type Measure =
  /** From the start of the program to … */
  | "answerMs"
  | "allAnswerMs"
  | "firstBlockMs"
  | "firstFinalMs"
  /** As fast as it goes. */
  | "transferTps"
  | "erc20Tps"
  | "storageTps"
  | "computeGasPerCpuS"
  | "transferCpuMs"
  /** At 200 transfers a second. */
  | "steadyP50Ms"
  | "steadyP95Ms"
  | "steadyCpuMsPerNode"
  | "finalLagMs"
  /** One user's transaction after the other: from sending to the receipt. */
  | "loneMs"
  | "blockMs"
  | "idleMib"
  | "loadedMib"
  /** Of one core, 1 is all of it. */
  | "idleCpu"
  /** In the first and the last tenth of a long run. */
  | "firstTps"
  | "lastTps"
  /** With few and with many accounts. */
  | "fewAccountsTps"
  | "manyAccountsTps";

export type FigureKey = `${Subject}.${Measure}`;

/** All samples of one run of `npm run bench:targets`, as docs/benchmarks.json keeps them. */
export interface Figures {
  readonly koma: string;
  readonly machine: string;
  /** Something else kept all cores occupied when it began. */
  readonly busy: boolean;
  /** 2026-11-23 */
  readonly date: string;
  readonly rounds: number;
  /** Transactions of a load that goes as fast as it can. */
  readonly count: number;
  readonly samples: Readonly<Partial<Record<FigureKey, readonly number[]>>>;
  /** What could not be measured, and why. */
  readonly failures: readonly { readonly step: string; readonly reason: string }[];
}

/** Median of the samples; undefined where there is none. */
export function figure(figures: Pick<Figures, "samples">, key: FigureKey): number | undefined {
  const samples = figures.samples[key];
  return samples === undefined || samples.length === 0 ? undefined : median(samples);
}
