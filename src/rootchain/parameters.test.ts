import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { checkParameters, chooseParameters, devnetParameters, type RootParameters } from "./parameters.ts";

const invalid = { code: "KOMA_E_PARAMETERS_INVALID" };

describe("parameters of the root chain", () => {
  it("are the devnet's unless something else is wished", () => {
    expect(chooseParameters()).toEqual(devnetParameters);
    expect(chooseParameters({ exitPeriod: 3 }).exitPeriod).toBe(3);
  });

  it("keep their proportions when time is scaled", () => {
    const scaled = chooseParameters({}, 4);
    expect(scaled).toMatchObject({ challengePeriod: 5, epochLength: 4, minInterval: 1, exitPeriod: 3 });
    expect(scaled.minStakeWei).toBe(devnetParameters.minStakeWei);
    expect(scaled.commitWindow).toBe(devnetParameters.commitWindow);
  });

  it("hold their invariants at any scale", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 10_000, noNaN: true }), (scale) => {
        const parameters = chooseParameters({}, scale);
        expect(parameters.challengePeriod).toBeGreaterThanOrEqual(1);
        expect(() => checkParameters(parameters)).not.toThrow();
      }),
    );
  });

  it("lengthen unbonding with the windows that it must cover, unless it was set by hand", () => {
    expect(chooseParameters({ challengePeriod: 300 }).unbonding).toBe(450);
    expect(() => chooseParameters({ challengePeriod: 300, unbonding: 200 })).toThrow(expect.objectContaining(invalid));
  });

  it("place the vote within its tenure, with notice before the set that follows", () => {
    expect(chooseParameters({ tenureLength: 900 })).toMatchObject({ voteOpenLead: 280, voteCloseLead: 70 });
    expect(chooseParameters({ tenureLength: 60 })).toMatchObject({ voteOpenLead: 19, voteCloseLead: 9 });
    expect(chooseParameters({ tenureLength: 60, voteOpenLead: 50 })).toMatchObject({ voteOpenLead: 50 });
  });

  test.each<{ rule: string; wish: Partial<RootParameters> }>([
    { rule: "a bounty above one half would make accusing oneself pay", wish: { bountyBps: 5_001 } },
    { rule: "bounty and burn are shares of one whole", wish: { bountyBps: 5_000, burnBps: 5_001 } },
    { rule: "there are at most 256 seats", wish: { maxValidators: 257 } },
    { rule: "a checkpoint has at most 4,096 blocks", wish: { maxCheckpointLength: 4_097 } },
    { rule: "epochs take time", wish: { epochLength: 0 } },
    { rule: "times are whole seconds", wish: { exitPeriod: 1.5 } },
    { rule: "times are not negative", wish: { maxPause: -1 } },
    { rule: "a new set is announced before it holds", wish: { voteCloseLead: 8 } },
    { rule: "a vote takes time", wish: { voteOpenLead: 47 } },
    { rule: "a vote is held within one tenure", wish: { tenureLength: 187, voteOpenLead: 187 } },
    { rule: "there are producers", wish: { minProducers: 0 } },
    { rule: "a set has no fewer seats than its least size", wish: { minProducers: 5, maxProducers: 4 } },
    { rule: "a producer stakes something", wish: { producerStakeWei: 0n } },
    { rule: "a slash takes at most everything", wish: { slashBpsC: 10_001 } },
    { rule: "a bonus is a share of the reward", wish: { proposerBonusBps: 10_001 } },
    { rule: "a claim covers a checkpoint", wish: { claimBatch: 0 } },
    { rule: "an epoch fits the slot it is kept in", wish: { epochLength: 2 ** 32 } },
    { rule: "a bond fits the slot it is kept in", wish: { exitBondWei: 2n ** 64n } },
    { rule: "a validator stakes something", wish: { minStakeWei: 0n } },
  ])("$rule", ({ wish }) => {
    expect(() => chooseParameters(wish)).toThrow(expect.objectContaining(invalid));
  });

  it("cannot be scaled to longer times", () => {
    expect(() => chooseParameters({}, 0.5)).toThrow(expect.objectContaining(invalid));
    expect(() => chooseParameters({}, Number.NaN)).toThrow(expect.objectContaining(invalid));
  });
});
