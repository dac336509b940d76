import { Worker } from "node:worker_threads";
import { BugError } from "../errors.ts";
import { programFile } from "../package-files.ts";
import { isGood, type RunReport, type ScenarioPlan } from "../simulation/index.ts";
import type { RunDump } from "./run-dump.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

export interface CampaignOptions {
  readonly plan: ScenarioPlan;
  /** Run i has seed + i. */
  readonly seed: number;
  readonly runs: number;
  /** Threads. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CampaignProgress) => void;
}

export interface CampaignProgress {
  readonly done: number;
  readonly bad: number;
  readonly runs: number;
  /** 0 … 1, unfinished runs included. */
  readonly share: number;
}

export interface Campaign {
  /** In the order of their seeds. */
  readonly reports: readonly RunReport[];
  /** Of runs that went wrong, by seed; of the first few only, a DAG is large. */
  readonly dumps: ReadonlyMap<number, RunDump>;
}

const MOST_DUMPS = 5;

/**
 * Simulations on as many threads as asked for. A run depends on its seed alone, so neither their number nor which of them
 * took it changes anything.
 *
 * @throws the signal's reason when aborted; the threads are gone by then
 */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { plan, seed, runs, signal } = options;
  const reports: RunReport[] = [];
  const dumps = new Map<number, RunDump>();
  const inside = new Map<number, number>();
  let next = 0;
  let bad = 0;

  const tell = (): void => {
    const partly = [...inside.values()].reduce((sum, ms) => sum + ms / plan.durationMs, 0);
    options.onProgress?.({ done: reports.length, bad, runs, share: (reports.length + partly) / runs });
  };
  const onMessage = (message: FromWorker): void => {
    if (message.kind === "progress") {
      inside.set(message.seed, message.elapsedMs);
    } else {
      const { report, dump } = message;
      reports.push(report);
      inside.delete(report.seed);
      if (!isGood(report)) bad++;
      if (dump !== undefined && dumps.size < MOST_DUMPS) dumps.set(report.seed, dump);
    }
    tell();
  };

  const threads: Worker[] = [];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const thread = startThread();
      threads.push(thread);
      const give = (): void => {
        if (next >= runs) return resolve();
        thread.postMessage({ plan, seed: seed + next++ } satisfies ToWorker);
      };
      thread.on("message", (message: FromWorker) => {
        onMessage(message);
        if (message.kind === "report") give();
      });
      thread.on("error", reject);
      thread.on("exit", (code) => reject(new BugError(`a simulating thread ended with ${code}`)));
      give();
    });

  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal?.reason);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    const count = Math.min(options.workers, runs);
    await Promise.race([Promise.all(Array.from({ length: count }, work)), aborted]);
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return { reports: reports.sort((a, b) => a.seed - b.seed), dumps };
}

function startThread(): Worker {
  return new Worker(programFile("src/campaign/worker"));
}
