import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/** Files that need the processor, at once. Vitest leaves one processor free, which of two is the half. */
const WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * Files of whole nodes and of devnets at once: at one block a second they sleep most of it. The two levels run as one, so that
 * neither waits for the other's longest file.
 */
const SLEEPERS = 3;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["{src,devnet,commands,contracts,docs,bench}/**/*.test.{ts,tsx}"],
          testTimeout: 20_000,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          testTimeout: 120_000,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: SLEEPERS,
        },
      },
      {
        test: {
          name: "contracts",
          include: ["test/contracts/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: WORKERS,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/built.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: SLEEPERS,
        },
      },
    ],
  },
});
