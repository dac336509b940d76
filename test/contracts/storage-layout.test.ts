import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Layouts, layoutFile, movedFields, readLayouts } from "../../contracts/layout.ts";

describe("the contracts' storage", () => {
  const committed = JSON.parse(readFileSync(layoutFile, "utf8")) as Layouts;

  it("lies where the committed layout says (npm run layout writes it anew)", () => {
    const now = readLayouts();
    expect(movedFields(committed, now)).toEqual([]);
    expect(Object.keys(committed)).toEqual(expect.arrayContaining(Object.keys(now)));
    expect(Object.keys(now)).toContain("koma.storage.StakeManager struct Validator");
  }, 120_000);

  it("is compared field by field, and may only grow at the end of a struct", () => {
    const a = { name: "a", slot: "0", offset: 0, type: "uint96" };
    const b = { name: "b", slot: "0", offset: 12, type: "address" };
    expect(movedFields({ S: [a] }, { S: [a, b] })).toEqual([]);
    expect(movedFields({ S: [a, b] }, { S: [a] })).toEqual(["S: address b at 0+12 is now nothing"]);
    expect(movedFields({ S: [a] }, { S: [{ ...a, type: "uint128" }] })).toHaveLength(1);
    expect(movedFields({ S: [a] }, { S: [{ ...a, offset: 4 }] })).toHaveLength(1);
    expect(movedFields({ S: [a] }, {})).toEqual(["S is gone"]);
  });
});
