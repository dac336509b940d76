// A thread of `runCampaign`: does the runs it is told, one after the other, and tells how far it is.
import { parentPort } from "node:worker_threads";
import { BugError } from "../errors.ts";
import { drawScenario, isGood, type RunReport, type ScenarioPlan, ScenarioRun } from "../simulation/index.ts";
import { dumpOf, type RunDump } from "./run-dump.ts";

export type ToWorker = { readonly plan: ScenarioPlan; readonly seed: number };

export type FromWorker =
  | { readonly kind: "progress"; readonly seed: number; readonly elapsedMs: number }
  | { readonly kind: "report"; readonly report: RunReport; readonly dump: RunDump | undefined };

/** Virtual time between two words about progress. */
const SLICE_MS = 1_000;

const port = parentPort;
if (port === null) throw new BugError("this file is a thread's; runCampaign starts it");

port.on("message", ({ plan, seed }: ToWorker) => {
  const say = (message: FromWorker): void => port.postMessage(message);
  const run = new ScenarioRun(drawScenario(plan, seed));
  while (!run.done) {
    run.advance(SLICE_MS);
    say({ kind: "progress", seed, elapsedMs: run.simulation.elapsed });
  }
  const report = run.report();
  say({ kind: "report", report, dump: isGood(report) ? undefined : dumpOf(run) });
});
