import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");
const dashboard = JSON.parse(read("docs/grafana.json")) as { readonly panels: readonly Panel[] };
const sources = ["src/node/node-metrics.ts", "src/rpc/metrics.ts", "src/rpc/create-rpc-server.ts"].map(read).join("\n");
const names = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name as string));

/** What a node tells, by the names in its source. */
const told = names(sources, /"((?:koma|process|nodejs)_[a-z_]+)"/g);
const asked = names(
  dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n"),
  /\b((?:koma|process|nodejs)_[a-z_]+?)(?:_bucket)?\b(?=\{)/g,
);

it("the dashboard asks for what a node tells, and leaves nothing out", () => {
  // The version is the list of nodes to choose from.
  expect([...asked, "koma_info"].sort()).toEqual([...told].sort());
});

it("its panels have numbers of their own and do not overlap", () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
