import type { ForegroundColorName } from "chalk";

export interface Cell {
  readonly text: string;
  readonly color?: ForegroundColorName;
}

/** A column of a table that has to fit a terminal. */
export interface FitColumn {
  readonly title: string;
  readonly align?: "left" | "right";
  /** What to give up first: the highest number. */
  readonly rank: number;
  readonly cells: readonly Cell[];
  /** Draws its cells in the width that is left over, at least `least` and at most `most`. */
  readonly grow?: {
    readonly least: number;
    readonly most: number;
    readonly draw: (row: number, width: number) => Cell;
  };
}

const GAP = 2;

/**
 * Cells of equal width per column, titles first. Columns are left out, the highest rank first, until the rest fits into
 * `width`; one that alone is too wide is cut. No line is ever longer than `width`.
 */
export function fitColumns(columns: readonly FitColumn[], width: number): readonly (readonly Cell[])[] {
  const kept = new Set<FitColumn>();
  let used = -GAP;
  for (const column of [...columns].sort((a, b) => a.rank - b.rank)) {
    const needed = leastWidth(column) + GAP;
    if (kept.size > 0 && used + needed > width) break;
    kept.add(column);
    used += needed;
  }
  let spare = Math.max(0, width - used);
  const shown = columns
    .filter((column) => kept.has(column))
    .map((column) => {
      const least = leastWidth(column);
      const extra = column.grow ? Math.min(spare, column.grow.most - column.grow.least) : 0;
      spare -= extra;
      return { column, width: Math.min(least + extra, width) };
    });
  const rows = Math.max(0, ...columns.map(({ cells }) => cells.length));
  const line = (cellOf: (column: FitColumn, width: number) => Cell): readonly Cell[] =>
    shown.map(({ column, width: own }, index) => {
      const cell = cellOf(column, own);
      const text = cut(cell.text, own);
      const last = index === shown.length - 1;
      const padded = column.align === "right" ? text.padStart(own) : last ? text : text.padEnd(own);
      return { ...cell, text: `${index === 0 ? "" : " ".repeat(GAP)}${padded}` };
    });
  return [
    line(({ title }) => ({ text: title })),
    ...Array.from({ length: rows }, (_, row) =>
      line((column, own) => column.grow?.draw(row, own) ?? column.cells[row] ?? { text: "" }),
    ),
  ];
}

/** Items in as few lines as fit, one separator between two of a line; an item that alone is too long is cut. */
export function flowItems(items: readonly string[], width: number, separator = " · "): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + separator.length + item.length <= width) {
      lines[lines.length - 1] = `${last}${separator}${item}`;
    } else lines.push(cut(item, width));
  }
  return lines;
}

/** Ends with `…` when it is too long. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function leastWidth({ title, cells, grow }: FitColumn): number {
  return grow ? grow.least : Math.max(title.length, ...cells.map(({ text }) => text.length));
}
