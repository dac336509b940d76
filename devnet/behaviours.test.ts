import { describe, expect, it, test } from "vitest";
import { behaviours, checkParameters, chooseAccomplices, parseBehaviour, parseStartBlock } from "./behaviours.ts";

const refused = expect.objectContaining({ code: "KOMA_E_ARGUMENT_INVALID" });

describe("an order to misbehave", () => {
  it("names a kind that there is", () => {
    expect(behaviours.map(({ kind }) => parseBehaviour(kind).kind)).toEqual(behaviours.map(({ kind }) => kind));
    expect(() => parseBehaviour("bad-nonse")).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ fix: ["Did you mean bad-nonce?"] }) }),
    );
  });

  it("names no parameter that the behaviour does not have", () => {
    const withParameter = { ...parseBehaviour("bad-nonce"), params: ["amount"] };
    checkParameters(withParameter, { amount: "1" });
    checkParameters(withParameter, {});
    expect(() => checkParameters(withParameter, { amuont: "1" })).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ fix: ["Did you mean amount?"] }) }),
    );
    for (const behaviour of behaviours) expect(() => checkParameters(behaviour, { size: "1" })).toThrow(refused);
  });

  test.each(["", "soon", "-1", "1.5", "0x10", "1".repeat(16)])("does not begin at %j", (text) => {
    expect(() => parseStartBlock(text)).toThrow(refused);
  });

  it("takes as many accomplices as more than two thirds need", () => {
    const powers = (...all: bigint[]) => new Map(all.map((power, i) => [`v${i}`, power]));
    expect(chooseAccomplices(powers(1n, 1n, 1n, 1n), ["v0"])).toEqual(["v1", "v2"]);
    expect(chooseAccomplices(powers(1n, 1n, 1n), ["v0"])).toEqual(["v1", "v2"]);
    expect(chooseAccomplices(powers(1n, 1n, 1n, 1n, 1n, 1n, 1n), ["v0", "v1", "v2", "v3", "v4"])).toEqual([]);
    // Three of four that were slashed four times are no quorum any more; the one that was not makes it with two of them.
    expect(chooseAccomplices(powers(65n, 65n, 65n, 100n), ["v2"])).toEqual(["v3", "v0"]);
    // An observer has no power, and is not asked.
    expect(chooseAccomplices(powers(1n, 0n, 1n), ["v0"])).toEqual(["v2"]);
    expect(parseStartBlock("120")).toBe("120");
  });
});
