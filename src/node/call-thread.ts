// A thread of `createCallThreads`: answers calls and searches for logs on its own connection to the database.
import { parentPort, workerData } from "node:worker_threads";
import { BugError, EnvironmentError } from "../errors.ts";
import { SiteRunner } from "../execution/index.ts";
import { type LogFilter, type LogPage, openStateReader } from "../storage/index.ts";
import { type FromThread, packError, type ThreadSettings, type ThreadWork, type ToThread } from "./thread-messages.ts";

/** Calls that begin at once; each of them gets 5 ms in turn. */
const CALLS_AT_ONCE = 8;
const WAITING_CALLS = 512;
/** Blocks searched between two looks at other work. */
const LOG_STEP = 64n;

const port = parentPort;
if (port === null) throw new BugError("this file is a thread's; createCallThreads starts it");

const { dataDir, chainId, callGasLimit, callTimeoutMs, running } = workerData as ThreadSettings;
const reader = openStateReader(dataDir);
const runner = new SiteRunner(reader, {
  chainId,
  callGasLimit,
  size: CALLS_AT_ONCE,
  waiting: WAITING_CALLS,
  timeoutMs: callTimeoutMs,
});

const say = (message: FromThread): void => port.postMessage(message);

port.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "learn":
      return runner.learn(message.layer);
    case "forget":
      return runner.forget(message.layers);
    case "ping":
      return say({ kind: "pong" });
    case "work": {
      const { id, work } = message;
      const onTurn = () => Atomics.store(running, 0, id);
      answer(work, onTurn).then(
        (answer) => say({ kind: "answer", id, answer }),
        (error) => say({ kind: "error", id, error: packError(error) }),
      );
    }
  }
});

function answer(work: ThreadWork, onTurn: () => void) {
  return work.kind === "call" ? runner.run(work.job, work.site, onTurn) : logs(work.filter, onTurn);
}

/** In steps, so that a long search stands in nobody's way, and no longer than a call may run. */
async function logs(filter: LogFilter, onTurn: () => void): Promise<LogPage> {
  const endAt = performance.now() + callTimeoutMs;
  const found: LogPage["logs"][number][] = [];
  for (let from = filter.from; from <= filter.to; from += LOG_STEP) {
    onTurn();
    const to = from + LOG_STEP - 1n < filter.to ? from + LOG_STEP - 1n : filter.to;
    const page = reader.logs({ ...filter, from, to, limit: filter.limit - found.length });
    found.push(...page.logs);
    if (!page.complete) return { logs: found, complete: false };
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (performance.now() > endAt) {
      throw new EnvironmentError("KOMA_E_CALL_TIMEOUT", `The search ran longer than ${callTimeoutMs} ms.`, {
        facts: { limitMs: callTimeoutMs },
        fix: ["Ask for fewer blocks at once."],
      });
    }
  }
  return { logs: found, complete: true };
}
