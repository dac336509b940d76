import type { SignedUnit } from "../consensus/index.ts";
import { dagToDot, type ScenarioRun, type SimulatedNode } from "../simulation/index.ts";

/** What is kept of a run that went wrong. */
export interface RunDump {
  /** The DAG as the validator with most units has it, for Graphviz. */
  readonly dot: string;
  /** Faults as they were drawn, then every event, one a line. */
  readonly events: string;
}

export function dumpOf({ scenario, simulation }: ScenarioRun): RunDump {
  const held = simulation.nodes.map((node) => ({ node, units: unitsOf(node) }));
  const [fullest] = held.sort((a, b) => b.units.length - a.units.length);
  const faults = [...scenario.faults, ...(scenario.stakes ?? [])].map((fault) => `# ${JSON.stringify(fault)}`);
  return {
    dot: dagToDot(fullest?.units ?? [], `seed ${scenario.seed}, state of ${fullest?.node.name}`),
    events: `${[...faults, ...simulation.trace].join("\n")}\n`,
  };
}

/** Of all eras: units of two never cite each other, so the graph falls into one part for each. */
function unitsOf({ lived }: SimulatedNode): readonly SignedUnit[] {
  return lived.flatMap(({ units }) => units.signedUnits());
}
