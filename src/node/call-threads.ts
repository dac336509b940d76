import { Worker } from "node:worker_threads";
import { EnvironmentError } from "../errors.ts";
import type { CallAnswers, CallJob, CallRunner, CallSite, SiteLayer } from "../execution/index.ts";
import type { Logger } from "../logger.ts";
import { programFile } from "../package-files.ts";
import type { Hash } from "../primitives/index.ts";
import type { LogFilter, LogPage } from "../storage/index.ts";
import {
  type FromThread,
  type ThreadAnswer,
  type ThreadSettings,
  type ThreadWork,
  type ToThread,
  unpackError,
} from "./thread-messages.ts";

export interface CallThreadsOptions extends Omit<ThreadSettings, "running"> {
  /** Most threads; each is started when it is first needed. */
  readonly threads: number;
  readonly logger: Logger;
}

/** Threads that answer calls and searches, so that none of them holds up consensus. */
export interface CallThreads extends CallRunner {
  /** Logs of final blocks. @throws {EnvironmentError} KOMA_E_CALL_TIMEOUT */
  logs(filter: LogFilter): Promise<LogPage>;
  /** For metrics. */
  status(): { readonly threads: number; readonly jobs: number; readonly restarts: number };
  close(): Promise<void>;
}

/** Jobs a thread has before another one is started. */
const JOBS_PER_THREAD = 4;
/** A thread that says nothing for this long beyond the limit of a call is ended. */
const SILENCE_MS = 1_000;
const LOOK_MS = 250;
/** A new thread loads the EVM first; on a busy machine that takes seconds. */
const START_MS = 30_000;
/** Times a job is given to a thread again after another one's fault. */
const MAX_ATTEMPTS = 3;
/** Layers a thread knows before it is told to forget those of other calls. */
const KNOWN_LAYERS = 128;
const HEAP_MB = 384;

interface Job {
  readonly id: number;
  readonly work: ThreadWork;
  /** What the thread has to know, for calls. */
  readonly layers: readonly SiteLayer[];
  attempts: number;
  resolve(answer: ThreadAnswer): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  readonly running: Int32Array;
  readonly jobs: Map<number, Job>;
  readonly known: Set<Hash>;
  /** Time by which it has to say something, while it has jobs. */
  patience: number;
  started: boolean;
}

export function createCallThreads(options: CallThreadsOptions): CallThreads {
  const { logger, callTimeoutMs } = options;
  const threads = new Set<Thread>();
  let nextId = 1;
  let restarts = 0;
  let closed = false;
  let watch: NodeJS.Timeout | undefined;

  function start(): Thread {
    const running = new Int32Array(new SharedArrayBuffer(4));
    const { dataDir, chainId, callGasLimit } = options;
    const settings: ThreadSettings = { dataDir, chainId, callGasLimit, callTimeoutMs, running };
    const worker = new Worker(programFile("src/node/call-thread"), {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    // Only jobs keep the process; an idle thread does not.
    worker.unref();
    const thread: Thread = {
      worker,
      running,
      jobs: new Map(),
      known: new Set(),
      patience: performance.now() + START_MS,
      started: false,
    };
    worker.on("message", (message: FromThread) => hear(thread, message));
    worker.on("error", (error) => lose(thread, "crashed", error));
    worker.on("exit", () => lose(thread, "ended", undefined));
    threads.add(thread);
    return thread;
  }

  function hear(thread: Thread, message: FromThread): void {
    thread.started = true;
    thread.patience = performance.now() + callTimeoutMs + SILENCE_MS;
    if (message.kind === "pong") return;
    const job = thread.jobs.get(message.id);
    thread.jobs.delete(message.id);
    if (thread.jobs.size === 0) thread.worker.unref();
    if (message.kind === "answer") job?.resolve(message.answer);
    else job?.reject(unpackError(message.error));
  }

  /** The job that had the thread is answered; the others are not to blame and run again elsewhere. */
  function lose(thread: Thread, how: "crashed" | "ended" | "hung", cause: unknown): void {
    if (!threads.delete(thread)) return;
    const guilty = Atomics.load(thread.running, 0);
    if (!closed) {
      restarts++;
      logger.warn({ how, jobs: thread.jobs.size, ...(cause ? { error: String(cause) } : {}) }, "a call thread is lost");
    }
    for (const job of thread.jobs.values()) {
      if (closed) job.reject(threadGone("the node stops"));
      else if (job.id === guilty) job.reject(how === "hung" ? timedOut(callTimeoutMs) : threadGone(how));
      else if (job.attempts >= MAX_ATTEMPTS) job.reject(threadGone(how));
      else give(job);
    }
    thread.jobs.clear();
  }

  function choose(): Thread {
    let least: Thread | undefined;
    for (const thread of threads) if (least === undefined || thread.jobs.size < least.jobs.size) least = thread;
    if (least === undefined) return start();
    return least.jobs.size >= JOBS_PER_THREAD && threads.size < options.threads ? start() : least;
  }

  function give(job: Job): void {
    const thread = choose();
    const tell = (message: ToThread) => thread.worker.postMessage(message);
    job.attempts++;
    if (thread.known.size > KNOWN_LAYERS) {
      const needed = new Set(job.layers.map(({ hash }) => hash));
      const old = [...thread.known].filter((hash) => !needed.has(hash));
      for (const hash of old) thread.known.delete(hash);
      tell({ kind: "forget", layers: old });
    }
    for (const layer of job.layers) {
      if (thread.known.has(layer.hash)) continue;
      thread.known.add(layer.hash);
      const { hash, header, diff } = layer;
      tell({ kind: "learn", layer: { hash, header, diff } });
    }
    if (thread.jobs.size === 0) {
      if (thread.started) thread.patience = performance.now() + callTimeoutMs + SILENCE_MS;
      thread.worker.ref();
    }
    thread.jobs.set(job.id, job);
    tell({ kind: "work", id: job.id, work: job.work });
    watch ??= setInterval(look, LOOK_MS).unref();
  }

  /** A call gives way every few milliseconds, so a thread that does not answer runs something that never will. */
  function look(): void {
    const now = performance.now();
    let busy = false;
    for (const thread of [...threads]) {
      if (thread.jobs.size === 0) continue;
      busy = true;
      if (now > thread.patience) {
        void thread.worker.terminate();
        lose(thread, "hung", undefined);
      } else {
        thread.worker.postMessage({ kind: "ping" } satisfies ToThread);
      }
    }
    if (busy) return;
    clearInterval(watch);
    watch = undefined;
  }

  function run(work: ThreadWork, layers: readonly SiteLayer[]): Promise<ThreadAnswer> {
    if (closed) return Promise.reject(threadGone("the node stops"));
    return new Promise((resolve, reject) => {
      // 31 bits, which is what the shared cell holds.
      nextId = (nextId % 0x7fff_ffff) + 1;
      give({ id: nextId, work, layers, attempts: 0, resolve, reject });
    });
  }

  return {
    async run<J extends CallJob>(job: J, { base, layers }: CallSite): Promise<CallAnswers[J["kind"]]> {
      const site = { base: { number: base.number, hash: base.hash }, layers: layers.map(({ hash }) => hash) };
      return (await run({ kind: "call", job, site }, layers)) as CallAnswers[J["kind"]];
    },
    async logs(filter) {
      return (await run({ kind: "logs", filter }, [])) as LogPage;
    },
    status: () => ({
      threads: threads.size,
      jobs: [...threads].reduce((sum, { jobs }) => sum + jobs.size, 0),
      restarts,
    }),
    async close() {
      closed = true;
      clearInterval(watch);
      const all = [...threads];
      for (const thread of all) lose(thread, "ended", undefined);
      await Promise.all(all.map(({ worker }) => worker.terminate()));
    },
  };
}

function timedOut(limitMs: number): EnvironmentError {
  return new EnvironmentError("KOMA_E_CALL_TIMEOUT", `The call ran longer than ${limitMs} ms.`, {
    facts: { limitMs },
    fix: ["Ask for less work in one call, or run your own node with a longer limit."],
  });
}

function threadGone(reason: string): EnvironmentError {
  return new EnvironmentError("KOMA_E_CALL_ABORTED", "The thread that ran the call is gone.", {
    facts: { reason },
    fix: ["Ask for less at once; a call that only reads can be sent again."],
  });
}
