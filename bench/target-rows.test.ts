import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import type { Figures } from "./figures.ts";
import { picture } from "./picture.ts";
import { judge, TARGET_ROWS, type TargetRow, targetTable } from "./target-rows.ts";
import { figuresJson, renewSection, targetSection } from "./targets-page.ts";

const lower = TARGET_ROWS.find(({ ours }) => ours === "koma1.answerMs") as TargetRow; // floor 1.5, target 0.7
const higher = TARGET_ROWS.find(({ ours }) => ours === "koma1.transferTps") as TargetRow; // floor 0.2, target 0.45

test.each([
  { rule: "a time at its target is met", row: lower, ours: 700, verdict: "met" },
  { rule: "a time above its target and at its floor", row: lower, ours: 1_500, verdict: "floor only" },
  { rule: "a time above its floor is missed", row: lower, ours: 1_501, verdict: "missed" },
  { rule: "a rate at its target is met", row: higher, ours: 450, verdict: "met" },
  { rule: "a rate below its target and at its floor", row: higher, ours: 200, verdict: "floor only" },
  { rule: "a rate below its floor is missed", row: higher, ours: 199, verdict: "missed" },
])("$rule", ({ row, ours, verdict }) => {
  const samples = { [row.ours]: [ours], [row.beside]: [1_000] };
  expect(judge(row, { samples })).toMatchObject({ koma: ours, other: 1_000, ratio: ours / 1_000, verdict });
});

describe("the table of targets", () => {
  const figures: Figures = {
    koma: "koma",
    machine: "a machine",
    busy: true,
    date: "2026-11-23",
    rounds: 3,
    count: 5_000,
    samples: { "koma1.answerMs": [300, 100, 200], "hardhat.answerMs": [100], "koma4.idleCpu": [0.031] },
    failures: [{ step: "ganache", reason: "no network" }],
  };

  it("says what is missed, what was not measured, and why", () => {
    const table = targetTable(figures);
    expect(table).toContain(
      "| one node: spawn to first answer, ms | 200 | hardhat | 100 | 2.00 | lower | 1.5 | 0.7 | **missed** |",
    );
    expect(table).toContain(
      "| CPU per validator while idle, cores | 0.031 | one core | 1.000 | 0.03 | lower | 0.05 | 0.02 | floor only |",
    );
    expect(table).toContain("0 are met, 1 only reach their floor, 1 are missed, 17 could not be measured");
    expect(table).toContain("Not measured, ganache: no network");
    expect(table).toContain("The machine did other work");
    expect(targetTable({ ...figures, busy: false })).not.toContain("other work");
    expect(table).not.toContain("So few");
    expect(targetTable({ ...figures, count: 4_999 })).toContain("So few");
  });

  it("keeps every figure in the file beside the page", () => {
    const text = figuresJson(figures);
    expect(JSON.parse(text)).toEqual(figures);
    expect(text).toContain('"koma1.answerMs": [300, 100, 200]');
  });

  it("replaces its own part of a page and nothing else", () => {
    const page = `before\n${targetSection(figures)}\nafter\n`;
    const renewed = renewSection(page, { ...figures, machine: "another" });
    expect(renewed).toBe(`before\n${targetSection({ ...figures, machine: "another" })}\nafter\n`);
    expect(() => renewSection("a page without it", figures)).toThrow("the page has no");
  });
});

test("the page and its picture show the figures that are kept with them", () => {
  const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
  const figures = JSON.parse(read("benchmarks.json")) as Figures;
  expect(read("benchmarks.md")).toContain(targetSection(figures));
  expect(read("benchmarks.svg")).toBe(picture(figures));
});
