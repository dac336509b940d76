import { thresholdFromFraction } from "../consensus/index.ts";
import { deviators } from "./fault.ts";
import { brokenInvariants } from "./invariants.ts";
import { histogramOf, type LatencyHistogram } from "./latency-histogram.ts";
import { EPOCH } from "./run-world.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import { Simulation } from "./simulation.ts";
import { finalsOf, isLive, isLivenessPromised, judgeSafety, type SafetyVerdict } from "./verdicts.ts";

/** What one run showed; plain data. */
export interface RunReport {
  readonly seed: number;
  /** Hash of everything that happened: equal for equal seeds. */
  readonly digest: string;
  readonly units: number;
  /** Eras that every honest validator is through; 0 in a run of one era. */
  readonly eras: number;
  /** How often a validator came into an era by the signatures of others. */
  readonly adopted: number;
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
    const { plan, weights, stakes, faults, seed } = scenario;
    this.scenario = scenario;
    this.simulation = new Simulation({
      seed,
      weights,
      ...(stakes ? { stakes, params: { eraMinBlocks: plan.eraBlocks } } : {}),
      thresholds: plan.thresholds,
      maxDelayMs: plan.delayMs,
      minDelayMs: Math.min(5, plan.delayMs),
      // Whoever joins may lead at once.
      producers: weights.flatMap((_, i) => (i < plan.producers || i >= plan.validators ? [i] : [])),
      faults,
    });
    this.simulation.startAll();
  }

  /** When its time is over, or everybody who is honest and there is through all eras. */
  get done(): boolean {
    const { plan } = this.scenario;
    return this.simulation.elapsed >= plan.durationMs || (plan.eras > 0 && this.#leastEra() >= plan.eras);
  }

  /** Virtual ms. */
  advance(ms: number): void {
    this.simulation.runFor(Math.min(ms, this.scenario.plan.durationMs - this.simulation.elapsed));
  }

  report(): RunReport {
    const { scenario, simulation } = this;
    const { plan, calmAfterMs, weights } = scenario;
    const { byzantine } = deviators(scenario.faults);
    const honest = this.#honest();
    const names = honest.map(({ name }) => name);
    const since = EPOCH + calmAfterMs + RECOVERY_MS;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const isJudged = simulation.elapsed - calmAfterMs - RECOVERY_MS >= SHORTEST_JUDGED_MS;
    return {
      seed: scenario.seed,
      digest: simulation.digest(),
      units: Math.max(0, ...honest.map(({ lived }) => lived.reduce((sum, { units }) => sum + units.size, 0))),
      eras: plan.eras > 0 ? this.#leastEra() : 0,
      adopted: honest.reduce((sum, { lived }) => sum + lived.filter(({ adopted }) => adopted).length, 0),
      safety: judgeSafety(simulation),
      broken: brokenInvariants(simulation, byzantine),
      thresholds: plan.thresholds.map((fraction) => {
        // Eras end at a third: without that no threshold gets on.
        const isPromised = this.#isPromised(fraction) && (plan.eras === 0 || this.#isPromised(1 / 3));
        return {
          fraction,
          threshold: thresholdFromFraction(fraction, total),
          promised: isPromised && isJudged && plan.delayMs <= SLOWEST_DELAY_MS,
          live: isLive(simulation, fraction, since, names),
          height: Math.min(...honest.map((node) => finalsOf(node, fraction).at(-1)?.block.height ?? 0)),
          latency: histogramOf(honest.flatMap((node) => finalsOf(node, fraction).map(({ block, at }) => at - block.t))),
        };
      }),
    };
  }

  #honest(): readonly SimulatedNode[] {
    const { byzantine, crashed } = deviators(this.scenario.faults);
    return this.simulation.nodes.filter(({ index }) => !byzantine.has(index) && !crashed.has(index));
  }

  #leastEra(): number {
    return Math.min(...this.#honest().map(({ instance }) => instance.era));
  }

  /** What Theorem 2 asks for, in the committee of every era that there was. */
  #isPromised(fraction: number): boolean {
    const { simulation } = this;
    const { byzantine, crashed } = deviators(this.scenario.faults);
    return simulation.instances.every(({ committee: { validators, total } }) => {
      const weightOf = (indices: ReadonlySet<number>) =>
        validators.reduce((sum, { signer, weight }) => {
          const number = simulation.numberOf(signer);
          return number !== undefined && indices.has(number) ? sum + weight : sum;
        }, 0);
      const deviating = { total, byzantine: weightOf(byzantine), crashed: weightOf(crashed) };
      return isLivenessPromised(thresholdFromFraction(fraction, total), deviating);
    });
  }
}

/** Safe, without a broken invariant, and live wherever that was promised. */
export function isGood({ safety, broken, thresholds }: RunReport): boolean {
  return safety.safe && broken.length === 0 && thresholds.every(({ promised, live }) => live || !promised);
}
