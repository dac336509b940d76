import { describe, expect, it, test } from "vitest";
import { accomplicesNeeded, behaviours, checkParameters, parseBehaviour, parseStartBlock } from "./behaviours.ts";

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
    expect([accomplicesNeeded(4, 1), accomplicesNeeded(3, 1), accomplicesNeeded(7, 5)]).toEqual([2, 2, 0]);
    expect(parseStartBlock("120")).toBe("120");
  });
});
