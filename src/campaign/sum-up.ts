import { isGood, mergeHistograms, percentileOf, type RunReport, sampleCount } from "../simulation/index.ts";

/** All runs of a campaign together. */
export interface CampaignSum {
  readonly runs: number;
  readonly units: number;
  /** Eras that runs went through, all runs together; 0 where a run is one era. */
  readonly eras: number;
  /** How often a validator came into an era by the signatures of others. */
  readonly adopted: number;
  /** No run had competing finals that too little weight had equivocated for. */
  readonly safe: boolean;
  /** Every threshold grew wherever Theorem 2 promises it. */
  readonly live: boolean;
  /** Runs in which blocks competed, as Theorem 1 allows when enough weight equivocates. */
  readonly runsWithConflicts: number;
  /** Invariants that did not hold, with the seed: the first twenty. */
  readonly broken: readonly string[];
  readonly badSeeds: readonly number[];
  readonly thresholds: readonly {
    readonly fraction: number;
    readonly threshold: number;
    /** Runs in which growth was promised, and in which it came, promised or not. */
    readonly promisedRuns: number;
    readonly liveRuns: number;
    readonly keptRuns: number;
    readonly samples: number;
    readonly latencyMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  }[];
}

export function sumUp(reports: readonly RunReport[]): CampaignSum {
  const [first] = reports;
  const thresholds = (first?.thresholds ?? []).map(({ fraction, threshold }, i) => {
    const each = reports.flatMap((report) => report.thresholds[i] ?? []);
    const latency = mergeHistograms(each.map((one) => one.latency));
    const percentile = (share: number): number | null => percentileOf(latency, share) ?? null;
    return {
      fraction,
      threshold,
      promisedRuns: each.filter(({ promised }) => promised).length,
      liveRuns: each.filter(({ live }) => live).length,
      keptRuns: each.filter(({ promised, live }) => promised && live).length,
      samples: sampleCount(latency),
      latencyMs: { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
    };
  });
  return {
    runs: reports.length,
    units: reports.reduce((sum, { units }) => sum + units, 0),
    eras: reports.reduce((sum, { eras }) => sum + eras, 0),
    adopted: reports.reduce((sum, { adopted }) => sum + adopted, 0),
    safe: reports.every(({ safety }) => safety.safe),
    live: thresholds.every(({ promisedRuns, keptRuns }) => keptRuns === promisedRuns),
    runsWithConflicts: reports.filter(({ safety }) => safety.conflicts.length > 0).length,
    broken: reports.flatMap(({ seed, broken }) => broken.map((what) => `${what} (seed ${seed})`)).slice(0, 20),
    badSeeds: reports.filter((report) => !isGood(report)).map(({ seed }) => seed),
    thresholds,
  };
}
