import { expect, test } from "vitest";
import { brokenInvariants, Simulation } from "../../src/simulation/index.ts";

const DOWN_FROM = 5_000;
const BACK_AT = 65_000;

test("whoever was away for a minute asks for stretches and states, not for hundreds of units one by one", () => {
  const simulation = new Simulation({
    seed: 7,
    weights: new Array(7).fill(1),
    thresholds: [1 / 3],
    faults: [{ kind: "crash", validators: [3], from: DOWN_FROM, until: BACK_AT }],
  });
  simulation.startAll();
  simulation.runFor(BACK_AT - 1);
  const back = simulation.node("v3");
  const goal = simulation.node("v0").store.size;
  const missing = goal - back.store.size;
  const asked: string[] = [];
  for (const node of simulation.nodes) {
    const deliver = node.deliver.bind(node);
    node.deliver = (message, from) => {
      if (from === "v3" && message.kind.startsWith("get")) asked.push(message.kind);
      deliver(message, from);
    };
  }
  // One question per unit would be six hundred.
  expect(missing).toBeGreaterThan(600);
  simulation.runFor(2_000);
  expect(back.store.size).toBeGreaterThanOrEqual(goal);
  expect(asked.length).toBeLessThan(40);
  expect(brokenInvariants(simulation, new Set())).toEqual([]);
});
