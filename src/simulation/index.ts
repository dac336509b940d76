export { type Conflict, conflictingFinals } from "./conflicting-finals.ts";
export { createPrng, type Prng } from "./prng.ts";
export { type Final, SimulatedNode } from "./simulated-node.ts";
export { EPOCH, fractionFor, Simulation, type SimulationOptions, simulationParams } from "./simulation.ts";
