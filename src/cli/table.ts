export interface Column {
  readonly title: string;
  /** Numbers stand under each other's last digit. */
  readonly align?: "left" | "right";
  /** Left out where the terminal is too narrow for all, the last such column first. */
  readonly optional?: true;
}

/** Rows and columns as far as they fit into `width` characters: optional columns go, the others stay whatever happens. */
export function fitTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): { readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] } {
  const widths = columns.map(({ title }, index) => widest(title, rows, index));
  let kept = columns.map((_, index) => index);
  const taken = () => kept.reduce((sum, index) => sum + (widths[index] ?? 0), 2 * (kept.length - 1));
  while (taken() > width) {
    const last = kept.findLast((index) => columns[index]?.optional);
    if (last === undefined) break;
    kept = kept.filter((index) => index !== last);
  }
  return {
    columns: kept.map((index) => columns[index] as Column),
    rows: rows.map((row) => kept.map((index) => row[index] ?? "")),
  };
}

function widest(title: string, rows: readonly (readonly string[])[], index: number): number {
  return rows.reduce((most, row) => Math.max(most, (row[index] ?? "").length), title.length);
}

/** Rows under their titles, two spaces apart, no trailing spaces. Cells are plain text. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) => widest(title, rows, index));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] as number;
        return column.align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)].join("\n");
}

/** `0xf39F…2266`: enough to recognise an address in a table. */
export function shortHex(hex: string): string {
  return hex.length > 14 ? `${hex.slice(0, 6)}…${hex.slice(-4)}` : hex;
}
