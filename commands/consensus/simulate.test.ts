import { expect, test } from "vitest";
import { replayCommand } from "../../src/campaign/index.ts";
import { disturbances, misdeeds } from "../../src/simulation/index.ts";
import ConsensusSimulate from "./simulate.ts";

test("koma consensus simulate knows every misdeed and disturbance of the simulation", () => {
  expect(ConsensusSimulate.flags.misdeed.options).toEqual(misdeeds);
  expect(ConsensusSimulate.flags.disturb.options).toEqual(disturbances);
});

test("the command that replays a run uses flags that exist", () => {
  const replay = replayCommand(
    {
      validators: 4,
      producers: 2,
      weights: [4, 3, 2, 1],
      thresholds: [1 / 3],
      durationMs: 30_000,
      delayMs: 60,
      loss: 0.1,
      byzantine: 1,
      misdeeds: ["mute"],
      crash: 1,
      restart: 1,
      partitionMs: 1_000,
      disturbances: ["ddos"],
      eras: 2,
      eraBlocks: 5,
    },
    7,
  );
  const named = [...replay.matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
  expect(named).toHaveLength(17);
  expect(Object.keys(ConsensusSimulate.flags)).toEqual(expect.arrayContaining(named));
});
