import { describe, expect, it, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";
import { openHome } from "./home.ts";
import { didYouMean, editDistance, nearNames } from "./near-names.ts";
import { fitTable, renderTable, shortHex } from "./table.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["20s", 20_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
  ])("%s are %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "20", "s", "-1s", "1e3s", "1 s", "1w"])("%j is none", (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "KOMA_E_DURATION_MALFORMED" }));
  });

  it("are written for people", () => {
    expect([7, 950, 4_100, 185_000, 7_800_000].map(formatDuration)).toEqual([
      "7 ms",
      "0.9 s",
      "4.1 s",
      "3 min 5 s",
      "2 h 10 min",
    ]);
  });
});

describe("near names", () => {
  const known = ["validator-0", "validator-1", "archive", "all"];
  it("are few and near", () => {
    expect(nearNames("validater-0", known)).toEqual(["validator-0", "validator-1"]);
    expect(nearNames("val", known)).toEqual(["validator-0", "validator-1"]);
    expect(nearNames("al", known)).toEqual(["all"]);
    expect(nearNames("zebra", known)).toEqual([]);
  });

  it("are asked for in one sentence", () => {
    expect(didYouMean(["alice"])).toBe("Did you mean alice?");
    expect(didYouMean(["alice", "bob"])).toBe("Did you mean alice or bob?");
    expect(didYouMean(["alice", "bob", "carol"])).toBe("Did you mean alice, bob or carol?");
  });

  it("count a swap of neighbours as one slip", () => {
    expect(editDistance("devent", "devnet")).toBe(1);
    expect(editDistance("", "abc")).toBe(3);
  });
});

test("tables align numbers to the right and end no line with spaces", () => {
  const table = renderTable(
    [{ title: "name" }, { title: "n", align: "right" }, { title: "x" }],
    [
      ["a", "1", ""],
      ["longer", "100", "y"],
    ],
  );
  expect(table).toBe("name      n  x\na         1\nlonger  100  y");
  expect(shortHex("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")).toBe("0xf39f…2266");
});

describe("a table in a narrow terminal", () => {
  const columns = [
    { title: "#" },
    { title: "owner", optional: true },
    { title: "n" },
    { title: "root", optional: true },
  ] as const;
  const rows = [["1", "0xabcd", "100", "0x123456"]];
  const titles = (width: number) => fitTable(columns, rows, width).columns.map(({ title }) => title);

  it("loses optional columns, the last one first, and only as many as it must", () => {
    expect(titles(24)).toEqual(["#", "owner", "n", "root"]);
    expect(titles(23)).toEqual(["#", "owner", "n"]);
    expect(titles(13)).toEqual(["#", "n"]);
    expect(fitTable(columns, rows, 13).rows).toEqual([["1", "100"]]);
  });

  it("keeps the others, however narrow it is, and everything where there is no width", () => {
    expect(titles(1)).toEqual(["#", "n"]);
    expect(titles(Infinity)).toHaveLength(4);
  });
});

test("a network's name never leaves its folder", () => {
  const home = openHome("/tmp/koma-home");
  expect(home.devnet("demo")).toBe("/tmp/koma-home/devnets/demo");
  for (const name of ["../x", "a/b", "", ".", "Demo"]) {
    expect(() => home.devnet(name)).toThrow(expect.objectContaining({ code: "KOMA_E_NETWORK_INVALID" }));
  }
});
