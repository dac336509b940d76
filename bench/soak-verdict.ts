import { median, quantile } from "./statistics.ts";

/** What a minute of a long run was like. */
export interface SoakMinute {
  /** Accepted in it. */
  readonly sent: number;
  /** Answered with an error in it. */
  readonly refused: number;
  /** From due to in a block, of those that were seen in a block in it, in ms. */
  readonly inclusionMs: readonly number[];
  /** Of every node, at its end. */
  readonly memoryMib: readonly number[];
  /** Of the root chain; undefined where it runs elsewhere. */
  readonly rootChainMib: number | undefined;
  /** Checkpoints on the root chain at its end. */
  readonly checkpoints: number;
  /** Most final blocks that waited for a checkpoint during it. */
  readonly waitingBlocks: number;
}

export interface SoakRun {
  readonly minutes: readonly SoakMinute[];
  /** Blocks of one checkpoint. */
  readonly checkpointEvery: number;
  /** Checkpoints at the end, in order. */
  readonly checkpoints: readonly { readonly start: bigint; readonly end: bigint; readonly state: string }[];
  /** Accepted, and not in a final block long after the end. */
  readonly lost: number;
}

export interface Criterion {
  readonly name: string;
  readonly found: string;
  readonly met: boolean;
}

/** Memory may leave its median by so much. */
const MEMORY_SLACK = 0.1;
const INCLUSION_P99_MS = 3_000;
/** Of a run, and at most so many minutes: until then caches fill and code is compiled. */
const WARM_UP_SHARE = 1 / 3;
const WARM_UP_MINUTES = 15;

/** Minutes at the beginning whose memory does not count. */
export function warmUpMinutes(minutes: number): number {
  return Math.min(WARM_UP_MINUTES, Math.ceil(minutes * WARM_UP_SHARE));
}

/** Whether a long run went as it must: memory flat, no checkpoint missed, quick inclusion, nothing lost. */
export function judgeSoak(run: SoakRun): readonly Criterion[] {
  const latencies = run.minutes.flatMap(({ inclusionMs }) => inclusionMs);
  const p99 = quantile(latencies, 0.99);
  const refused = run.minutes.reduce((sum, minute) => sum + minute.refused, 0);
  return [
    judgeMemory(run.minutes),
    judgeCheckpoints(run),
    {
      name: `p99 of inclusion below ${INCLUSION_P99_MS / 1_000} s`,
      found: `${p99.toFixed(0)} ms of ${latencies.length} transactions`,
      met: p99 < INCLUSION_P99_MS,
    },
    {
      name: "no transaction lost",
      found: `${run.lost} lost, ${refused} refused`,
      met: run.lost === 0 && refused === 0,
    },
  ];
}

function judgeMemory(minutes: readonly SoakMinute[]): Criterion {
  const warm = minutes.slice(warmUpMinutes(minutes.length));
  const nodes = warm[0]?.memoryMib.length ?? 0;
  const name = `memory of every node within ${MEMORY_SLACK * 100} % of its median after a warm-up of ${warmUpMinutes(minutes.length)} min`;
  // One sample is flat whatever happens.
  if (warm.length < 2) return { name, found: `only ${warm.length} samples after it`, met: false };
  const deviations = Array.from({ length: nodes }, (_, node) => {
    const values = warm.map(({ memoryMib }) => memoryMib[node] as number);
    const middle = median(values);
    return values.map((value) => value / middle - 1).reduce((most, d) => (Math.abs(d) > Math.abs(most) ? d : most), 0);
  });
  const drifts = Array.from({ length: nodes }, (_, node) => {
    const of = (minute: SoakMinute | undefined) => minute?.memoryMib[node] as number;
    return of(warm.at(-1)) / of(warm[0]) - 1;
  });
  const list = (shares: readonly number[]) => shares.map((share) => `${(100 * share).toFixed(1)} %`).join(", ");
  return {
    name,
    found: `farthest from it ${list(deviations)}; from the first of these minutes to the last ${list(drifts)}`,
    met: deviations.every((deviation) => Math.abs(deviation) <= MEMORY_SLACK),
  };
}

/** Every span has one, in order, none was rejected, and never did more than two spans of final blocks wait. */
function judgeCheckpoints({ minutes, checkpoints, checkpointEvery }: SoakRun): Criterion {
  const rejected = checkpoints.filter(({ state }) => state === "rejected").length;
  const live = checkpoints.filter(({ state }) => state !== "rejected");
  const gaps = live.slice(1).filter(({ start }, i) => start !== (live[i]?.end as bigint) + 1n).length;
  const waiting = Math.max(0, ...minutes.map(({ waitingBlocks }) => waitingBlocks));
  const most = 2 * checkpointEvery;
  return {
    name: "no checkpoint missed",
    found: `${live.length} checkpoints, ${gaps} gaps, ${rejected} rejected, at most ${waiting} final blocks waiting (${most} allowed)`,
    met: live.length > 0 && gaps === 0 && rejected === 0 && waiting <= most,
  };
}
