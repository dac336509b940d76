import { describe, expect, it } from "vitest";
import type { FigureKey, Figures } from "./figures.ts";
import { picture, shown } from "./picture.ts";
import { median } from "./statistics.ts";

const figures = {
  koma: "koma 1 & <2>",
  machine: "2 cores",
  date: "2026-11-23",
  samples: {
    "koma1.transferTps": [900, 1_000, 5_000],
    "koma4.transferTps": [250],
    "anvil.transferTps": [4_000],
    "hardhat.steadyP50Ms": [2.345],
    "koma1.steadyP50Ms": [500],
    "koma1.answerMs": [1_800],
  },
} satisfies Partial<Figures>;

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
}

/** Reads the little of XML that pictures use; everything else is an error. */
function readXml(document: string): readonly Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  let at = 0;
  for (const match of document.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<&]*")*)(\/?)>/gi)) {
    const [whole, closing, name, given, selfClosing] = match as unknown as [string, string, string, string, string];
    const between = document.slice(at, match.index);
    if (/[<>]|&(?!(?:amp|lt|gt);)/.test(between)) throw new Error(`bare mark in ${between}`);
    const inner = open.at(-1);
    if (inner) inner.text += between;
    else if (between.trim() !== "") throw new Error(`text outside: ${between}`);
    at = match.index + whole.length;
    if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes something else`);
      continue;
    }
    if (open.length === 0 && elements.length > 0) throw new Error(`a second root, ${name}`);
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of given.matchAll(/([\w:-]+)="([^"]*)"/g)) attributes.set(key, value);
    const element: Element = { name, attributes, text: "" };
    elements.push(element);
    if (!selfClosing) open.push(element);
  }
  if (open.length > 0 || document.slice(at).trim() !== "") throw new Error("not closed");
  return elements;
}

describe("the picture of the figures", () => {
  const elements = readXml(picture(figures));
  const texts = elements.filter(({ name }) => name === "text").map(({ text }) => text);
  const widths = elements
    .filter(({ name, attributes }) => name === "rect" && attributes.get("class") !== "page")
    .map(({ attributes }) => Number(attributes.get("width")));

  it("is one well-formed SVG document", () => {
    expect(elements[0]?.name).toBe("svg");
    expect(elements[0]?.attributes.get("xmlns")).toBe("http://www.w3.org/2000/svg");
    expect(elements.some(({ name }) => name === "script" || name === "image" || name === "foreignObject")).toBe(false);
  });

  it("writes the median of every sample as text", () => {
    const drawn: FigureKey[] = ["koma1.transferTps", "koma4.transferTps", "anvil.transferTps"];
    for (const key of drawn) {
      expect(texts).toContain(`${shown(median(figures.samples[key as keyof typeof figures.samples]))} /s`);
    }
    expect(texts).toContain("2.35 ms");
    expect(texts).toContain("1,800 ms");
  });

  it("draws bars in proportion, and none where nothing was measured", () => {
    expect(widths).toHaveLength(Object.keys(figures.samples).length);
    const [one, four, anvil] = widths as [number, number, number];
    expect(one / anvil).toBeCloseTo(1_000 / 4_000, 2);
    expect(four / anvil).toBeCloseTo(250 / 4_000, 2);
    expect(texts.filter((text) => text === "not measured")).toHaveLength(3 * 5 - widths.length);
  });

  it("stays inside its frame, and escapes what it is told", () => {
    const [, , width, height] = (elements[0]?.attributes.get("viewBox") ?? "").split(" ").map(Number) as number[];
    for (const { attributes } of elements.slice(1)) {
      expect(Number(attributes.get("x") ?? 0) + Number(attributes.get("width") ?? 0)).toBeLessThanOrEqual(
        width as number,
      );
      expect(Number(attributes.get("y") ?? 0)).toBeLessThan(height as number);
    }
    expect(texts.at(-1)).toBe("koma 1 &amp; &lt;2&gt; on 2 cores, 2026-11-23");
  });
});
