import { dagToDot, type ScenarioRun } from "../simulation/index.ts";

/** What is kept of a run that went wrong. */
export interface RunDump {
  /** The DAG as the validator with most units has it, for Graphviz. */
  readonly dot: string;
  /** Faults as they were drawn, then every event, one a line. */
  readonly events: string;
}

export function dumpOf({ scenario, simulation }: ScenarioRun): RunDump {
  const [fullest] = [...simulation.nodes].sort((a, b) => b.store.size - a.store.size);
  const faults = scenario.faults.map((fault) => `# ${JSON.stringify(fault)}`);
  return {
    dot: dagToDot(fullest?.store.signedUnits() ?? [], `seed ${scenario.seed}, state of ${fullest?.name}`),
    events: `${[...faults, ...simulation.trace].join("\n")}\n`,
  };
}
