import { describe, expect, it } from "vitest";
import { percent, percentOf } from "./percent.ts";
import { seatsOf } from "./seat-names.ts";
import { ownerKeyName } from "./validator-flags.ts";
import { epochStart, stateOf } from "./validator-reference.ts";

type Validator = Parameters<typeof stateOf>[0];

describe("seats and shares", () => {
  it("reads the seats of a checkpoint's bitmap in ascending order", () => {
    expect(seatsOf(0n)).toEqual([]);
    expect(seatsOf(0b1011n)).toEqual([0, 1, 3]);
    expect(seatsOf(1n << 255n)).toEqual([255]);
  });

  it("never rounds a share up to a threshold that it has not reached", () => {
    expect(percent(0.3333)).toBe("33.3 %");
    expect(percent(0.99999)).toBe("99.9 %");
    expect(percent(1)).toBe("100.0 %");
    expect(percentOf(2n, 3n)).toBe(66.66);
    expect(percentOf(1n, 0n)).toBe(0);
  });
});

describe("a validator's state", () => {
  const validator = { status: "active", jailedUntil: 0, activationEpoch: 3n } as Validator;
  it.each([
    { change: {}, epoch: 2n, state: "joining" },
    { change: {}, epoch: 3n, state: "active" },
    { change: { jailedUntil: 9 }, epoch: 3n, state: "jailed" },
    { change: { status: "unbonding" as const }, epoch: 9n, state: "leaving" },
    { change: { status: "withdrawn" as const }, epoch: 9n, state: "left" },
  ])("is $state", ({ change, epoch, state }) => {
    expect(stateOf({ ...validator, ...change }, epoch)).toBe(state);
  });

  it("knows when an epoch begins", () => {
    expect(epochStart(1_000, 16, 0n)).toBe(1_000);
    expect(epochStart(1_000, 16, 5n)).toBe(1_080);
  });

  it("signs with the key of the node that is named, unless told otherwise", () => {
    expect(ownerKeyName(undefined, "validator-2")).toBe("validator-2");
    expect(ownerKeyName("bob", "validator-2")).toBe("bob");
    expect(ownerKeyName(undefined, "5")).toBe("alice");
    expect(ownerKeyName(undefined, undefined)).toBe("alice");
  });
});
