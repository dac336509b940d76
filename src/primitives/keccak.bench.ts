import { expect, test } from "vitest";
import { keccak256 } from "./keccak.ts";

// A state root hashes each changed path: what does one hash cost, of an address and of a full branch node?
test("keccak-256 of 32 bytes", async ({ bench }) => {
  const data = new Uint8Array(32).fill(7);
  const result = await bench("32 bytes", () => {
    keccak256(data);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.02); // ms; about 0.001
});

test("keccak-256 of 532 bytes", async ({ bench }) => {
  const data = new Uint8Array(532).fill(7);
  const result = await bench("532 bytes", () => {
    keccak256(data);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.05); // ms; about 0.003
});
