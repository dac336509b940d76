import type { Figures } from "./figures.ts";
import { targetTable } from "./target-rows.ts";

const BEGIN = "<!-- Written by `npm run bench:targets -- --write`. -->";
const END = "<!-- Until here. -->";

/** The part of docs/benchmarks.md that the figures stand in. */
export function targetSection(figures: Figures): string {
  const picture =
    "![Transfers per second, time to inclusion and time to start of koma and other tools](benchmarks.svg)";
  return [BEGIN, picture, "", targetTable(figures), END].join("\n");
}

/** The page with that part renewed. @throws {Error} when the page has no place for it */
export function renewSection(page: string, figures: Figures): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return page.slice(0, from) + targetSection(figures) + page.slice(to + END.length);
}

/** What docs/benchmarks.json holds; samples stand in one line each, as the formatter has them. */
export function figuresJson(figures: Figures): string {
  const list = /\[\s+([-\d.,e+\s]+?)\s+\]/g;
  const text = JSON.stringify(figures, null, 2).replaceAll(
    list,
    (_, inner: string) => `[${inner.replaceAll(/\s+/g, " ")}]`,
  );
  return `${text}\n`;
}
