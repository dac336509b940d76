import type { Hex } from "../src/primitives/index.ts";

/** Slots that a call of {@link storageWriter} writes. */
export const SLOTS = 20;

/**
 * Writes 20 slots of the caller's own, each with the first word of the call data.
 *
 *     caller << 8, 20            base n
 *     loop: n - 1                base n
 *           base + n = word 0    base n
 *           again while n        base n
 */
const storageRuntime = "3360081b60145b600190035f35818301558060065700";

/** Adds Fibonacci's numbers 10,000 times round: 41 gas each, nothing stored. */
const computeRuntime = "6127105f60015b8091019160019003918260065700";

/** Code that deploys a runtime of at most 255 bytes by copying what follows it. */
function deploying(runtime: string): Hex {
  const size = (runtime.length / 2).toString(16).padStart(2, "0");
  return `0x60${size}8060095f395ff3${runtime}`;
}

export const storageWriter = deploying(storageRuntime);
export const computer = deploying(computeRuntime);
