/** Chance for tests: the simulator's, so that one seed means one run everywhere. */
export { createPrng, type Prng } from "../../src/simulation/index.ts";
