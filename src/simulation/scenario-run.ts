import { thresholdFromFraction } from "../consensus/index.ts";
import { deviators } from "./fault.ts";
import { brokenInvariants } from "./invariants.ts";
import { histogramOf, type LatencyHistogram } from "./latency-histogram.ts";
import type { Scenario } from "./scenario.ts";
import { EPOCH, Simulation } from "./simulation.ts";
import { isLive, isLivenessPromised, judgeSafety, type SafetyVerdict } from "./verdicts.ts";

/** What one run showed; plain data. */
export interface RunReport {
  readonly seed: number;
  /** Hash of everything that happened: equal for equal seeds. */
  readonly digest: string;
  readonly units: number;
  readonly safety: SafetyVerdict;
  /** Invariants of the specification that did not hold, by number. */
  readonly broken: readonly string[];
  readonly thresholds: readonly {
    readonly fraction: number;
    /** Weight that may equivocate without undoing a final block. */
    readonly threshold: number;
    readonly promised: boolean;
    readonly live: boolean;
    /** Least height that an honest validator has final. */
    readonly height: number;
    /** From the start of a block's slot to its finality, at all honest validators. */
    readonly latency: LatencyHistogram;
  }[];
}

/** Rounds are 1 s: three messages fit into two thirds of one, and the theorem asks for no more. */
const SLOWEST_DELAY_MS = 200;
/** After the last fault has passed the network gets so long to find itself again. */
const RECOVERY_MS = 5_000;
/** Less than that is too short to say that nothing grows: some leaders are Byzantine, and blocks need rounds to be final. */
const SHORTEST_JUDGED_MS = 10_000;

/** A run that goes forward in slices, so that whoever drives it can draw progress or stop. */
export class ScenarioRun {
  readonly scenario: Scenario;
  readonly simulation: Simulation;

  constructor(scenario: Scenario) {
    const { plan, weights, faults, seed } = scenario;
    this.scenario = scenario;
    this.simulation = new Simulation({
      seed,
      weights,
      thresholds: plan.thresholds,
      maxDelayMs: plan.delayMs,
      minDelayMs: Math.min(5, plan.delayMs),
      producers: Array.from({ length: plan.producers }, (_, i) => i),
      faults,
    });
    this.simulation.startAll();
  }

  get done(): boolean {
    return this.simulation.elapsed >= this.scenario.plan.durationMs;
  }

  /** Virtual ms. */
  advance(ms: number): void {
    this.simulation.runFor(Math.min(ms, this.scenario.plan.durationMs - this.simulation.elapsed));
  }

  report(): RunReport {
    const { scenario, simulation } = this;
    const { plan, faults, calmAfterMs, weights } = scenario;
    const { byzantine, crashed } = deviators(faults);
    const { total } = simulation.instance.committee;
    const weightOf = (indices: ReadonlySet<number>) =>
      [...indices].reduce((sum, index) => sum + (weights[index] as number), 0);
    const honest = simulation.nodes.filter(({ index }) => !byzantine.has(index) && !crashed.has(index));
    const names = honest.map(({ name }) => name);
    const since = EPOCH + calmAfterMs + RECOVERY_MS;
    return {
      seed: scenario.seed,
      digest: simulation.digest(),
      units: Math.max(0, ...honest.map(({ store }) => store.size)),
      safety: judgeSafety(simulation),
      broken: brokenInvariants(simulation, byzantine),
      thresholds: plan.thresholds.map((fraction) => {
        const threshold = thresholdFromFraction(fraction, total);
        const isJudged = plan.durationMs - calmAfterMs - RECOVERY_MS >= SHORTEST_JUDGED_MS;
        const isPromised = isLivenessPromised(threshold, {
          total,
          byzantine: weightOf(byzantine),
          crashed: weightOf(crashed),
        });
        return {
          fraction,
          threshold,
          promised: isPromised && isJudged && plan.delayMs <= SLOWEST_DELAY_MS,
          live: isLive(simulation, threshold, since, names),
          height: Math.min(...honest.map((node) => node.finalHeight(threshold))),
          latency: histogramOf(honest.flatMap((node) => node.finalsAt(threshold).map(({ block, at }) => at - block.t))),
        };
      }),
    };
  }
}

/** Safe, without a broken invariant, and live wherever that was promised. */
export function isGood({ safety, broken, thresholds }: RunReport): boolean {
  return safety.safe && broken.length === 0 && thresholds.every(({ promised, live }) => live || !promised);
}
