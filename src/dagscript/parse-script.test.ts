import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { UserError } from "../errors.ts";
import { parseScript } from "./parse-script.ts";
import { playScript } from "./play-script.ts";

const unit = { op: "unit", id: "a0", by: "A", seq: 0, cites: [null, null], block: "X", t: 0, roundExp: 0 };
const script = {
  schemaVersion: 1,
  id: "two",
  validators: [
    { name: "A", weight: 1 },
    { name: "B", weight: 2 },
  ],
  detectors: { half: { komaT: 1 } },
  leadersUsed: { 0: "A" },
  steps: [unit],
};

/** The JSON pointer of the fault that is found. */
function faultOf(json: unknown): unknown {
  try {
    parseScript(json);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe("KOMA_E_SCRIPT_INVALID");
    return (error as UserError).detail.facts?.["pointer"];
  }
  return undefined;
}

describe("a script", () => {
  it("needs no more than validators and steps", () => {
    expect(playScript(parseScript(script)).played).toEqual({
      id: "two",
      steps: [{ index: 0, op: "unit", actual: "ok" }],
      passed: 0,
      failed: 0,
      skipped: 0,
    });
  });

  test.each([
    { rule: "is an object", json: [], pointer: "" },
    { rule: "has a version this build reads", json: { ...script, schemaVersion: 2 }, pointer: "/schemaVersion" },
    { rule: "has an id", json: { ...script, id: "" }, pointer: "/id" },
    { rule: "does not steer terminals", json: { ...script, title: "\u001b[2J" }, pointer: "/title" },
    { rule: "has validators", json: { ...script, validators: [] }, pointer: "/validators" },
    { rule: "has at most 150", json: { ...script, validators: Array(151).fill({}) }, pointer: "/validators" },
    {
      rule: "has whole weights",
      json: { ...script, validators: [{ name: "A", weight: 0.5 }] },
      pointer: "/validators/0/weight",
    },
    {
      rule: "stays in the exact range of weights",
      json: {
        ...script,
        validators: ["A", "B"].map((name) => ({ name, weight: 2 ** 32 })),
      },
      pointer: "/validators",
    },
    {
      rule: "names nobody twice",
      json: { ...script, validators: ["A", "A"].map((name) => ({ name, weight: 1 })) },
      pointer: "/validators/1/name",
    },
    { rule: "bans validators", json: { ...script, params: { banned: ["C"] } }, pointer: "/params/banned/0" },
    {
      rule: "begins with a round",
      json: { ...script, params: { minRoundLenMs: 1000, startTimestampMs: 1500 } },
      pointer: "/params/startTimestampMs",
    },
    {
      rule: "keeps thresholds below all weight",
      json: { ...script, detectors: { all: { komaT: 3 } } },
      pointer: "/detectors/all/komaT",
    },
    { rule: "gives slots as numbers", json: { ...script, leadersUsed: { noon: "A" } }, pointer: "/leadersUsed/noon" },
    { rule: "has validators for leaders", json: { ...script, leadersUsed: { 0: "C" } }, pointer: "/leadersUsed/0" },
    { rule: "has ops", json: { ...script, steps: [{}] }, pointer: "/steps/0/op" },
    { rule: "gives a unit its fields", json: { ...script, steps: [{ op: "unit" }] }, pointer: "/steps/0/id" },
    {
      rule: "keeps F for faulty validators",
      json: { ...script, steps: [{ ...unit, id: "F" }] },
      pointer: "/steps/0/id",
    },
    {
      rule: "cites ids",
      json: { ...script, steps: [unit, { ...unit, cites: [null, 7] }] },
      pointer: "/steps/1/cites/1",
    },
    {
      rule: "asks about its own validators",
      json: { ...script, steps: [{ op: "faultKind", validator: "C" }] },
      pointer: "/steps/0/validator",
    },
    {
      rule: "asks its own detectors",
      json: { ...script, steps: [{ op: "nextFinalized", detector: "x/y" }] },
      pointer: "/steps/0/detector",
    },
  ])("$rule, or the fault is at $pointer", ({ json, pointer }) => {
    expect(faultOf(json)).toBe(pointer);
  });

  it("may use ops that this build does not know: they are answered and their expectations skipped", () => {
    const steps = [
      { op: "sing", expect: "a song" },
      { op: "sing", expect: { error: "UNKNOWN_OP" } },
    ];
    expect(playScript(parseScript({ ...script, steps })).played).toEqual({
      id: "two",
      steps: [
        { index: 0, op: "sing", actual: { error: "UNKNOWN_OP" }, expected: "a song" },
        {
          index: 1,
          op: "sing",
          actual: { error: "UNKNOWN_OP" },
          expected: { error: "UNKNOWN_OP" },
          pass: true,
        },
      ],
      passed: 1,
      failed: 0,
      skipped: 1,
    });
  });

  it("is told of members that mean nothing", () => {
    const steps = [{ ...unit, expcet: "ok" }];
    const { unknownMembers } = parseScript({ ...script, steps, "a/b": 1, "\u001b[2J": 1 });
    expect(unknownMembers).toEqual(["/steps/0/expcet", "/a~1b", "/\\x1b[2J"]);
  });

  it("refuses an id that is in the state already, and leaves the state as it was", () => {
    const steps = [unit, unit, { op: "statePanorama", expect: ["a0", null] }];
    const { played } = playScript(parseScript({ ...script, steps }));
    expect(played.steps.map(({ actual }) => actual)).toEqual(["ok", { error: "UNIT_KNOWN", unit: "a0" }, ["a0", null]]);
  });

  it("is either played or refused with a pointer, whatever the JSON is", () => {
    const step = fc.oneof(
      fc.jsonValue(),
      fc.record({
        op: fc.constantFrom("unit", "forkChoice", "confidence", "skipIndex", "rewardFor", "firstMissingDependency"),
        id: fc.constantFrom("a0", "b0", "__proto__", "F"),
        by: fc.constantFrom("A", "B", "constructor"),
        seq: fc.nat(3),
        cites: fc.array(fc.constantFrom(null, "F", "a0", "b0"), { maxLength: 3 }),
        panorama: fc.array(fc.constantFrom(null, "F", "a0", "b0"), { maxLength: 3 }),
        block: fc.constantFrom(null, "X", "a0"),
        unit: fc.constantFrom("a0", "toString"),
        t: fc.nat(3000),
        roundExp: fc.nat(40),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        try {
          const { played } = playScript(parseScript({ ...script, steps }));
          expect(played.steps).toHaveLength(steps.length);
        } catch (error) {
          expect(error).toMatchObject({ code: "KOMA_E_SCRIPT_INVALID" });
        }
      }),
      { numRuns: 300 },
    );
  });
});
