import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FitColumn, fitColumns, flowItems } from "./fit-columns.ts";

const column = (title: string, rank: number, ...cells: string[]): FitColumn => ({
  title,
  rank,
  cells: cells.map((text) => ({ text })),
});
const draw = (columns: readonly FitColumn[], width: number): readonly string[] =>
  fitColumns(columns, width).map((cells) => cells.map(({ text }) => text).join(""));

describe("fitColumns", () => {
  const columns = [column("name", 0, "alice"), column("rpc", 2, "http://x"), column("final", 1, "12345")];

  test("shows every column when there is room", () => {
    expect(draw(columns, 80)).toEqual(["name   rpc       final", "alice  http://x  12345"]);
  });

  test("leaves out the column of the highest rank, wherever it stands", () => {
    expect(draw(columns, 21)).toEqual(["name   final", "alice  12345"]);
    expect(draw(columns, 11)).toEqual(["name", "alice"]);
  });

  test("cuts the one column that is left", () => {
    expect(draw(columns, 4)).toEqual(["name", "ali…"]);
  });

  test("gives spare width to a column that can use it, up to its most", () => {
    const bar: FitColumn = {
      title: "bar",
      rank: 1,
      cells: [],
      grow: { least: 4, most: 6, draw: (_, width) => ({ text: "#".repeat(width) }) },
    };
    const table = [column("n", 0, "1"), bar, column("x", 2, "yy")];
    expect(draw(table, 7)).toEqual(["n  bar", "1  ####"]);
    expect(draw(table, 12)).toEqual(["n  bar    x", "1  #####  yy"]);
    expect(draw(table, 80)).toEqual(["n  bar     x", "1  ######  yy"]);
  });

  test("never makes a line longer than the width", () => {
    const cell = fc.string({ maxLength: 30 });
    const columnOf = fc.record({ title: cell, rank: fc.nat(9), cells: fc.array(cell, { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(columnOf, { maxLength: 8 }), fc.integer({ min: 1, max: 150 }), (table, width) => {
        const lines = draw(
          table.map(({ title, rank, cells }) => column(title, rank, ...cells)),
          width,
        );
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("flowItems", () => {
  test("breaks between items only, and cuts one that is too long", () => {
    expect(flowItems(["one", "two", "three"], 9)).toEqual(["one · two", "three"]);
    expect(flowItems(["abcdefghij"], 5)).toEqual(["abcd…"]);
  });
});
