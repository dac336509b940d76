import type { Point, Sheet, Tone } from "./sheet.ts";

/** A unit of a drawn DAG. The page's test builds the same DAG with the real rules and looks at what it says. */
export interface PictureUnit {
  /** Name of its validator and a number, like `B1`; a second lane ends in a prime. */
  readonly id: string;
  readonly x: number;
  /** Units it cites besides its own predecessor. */
  readonly cites?: readonly string[];
  readonly block?: string;
  readonly tone?: Tone;
  /** Own predecessor when it is not the unit drawn before. */
  readonly after?: string;
  /** Moved off its validator's row. */
  readonly dy?: number;
}

export const RADIUS = 15;

export interface Rows {
  readonly names: readonly string[];
  readonly top: number;
  readonly step: number;
}

export function placeOf(unit: PictureUnit, rows: Rows): Point {
  return [unit.x, rows.top + rows.names.indexOf(validatorOf(unit)) * rows.step + (unit.dy ?? 0)];
}

export function validatorOf(unit: PictureUnit): string {
  return unit.id[0] as string;
}

/** Lanes, citations as arrows from the newer to the older unit, and the units. */
export function drawUnits(sheet: Sheet, units: readonly PictureUnit[], rows: Rows, nameX = 34): void {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const last = new Map<string, PictureUnit>();
  for (const [i, name] of rows.names.entries()) {
    sheet.text([nameX, rows.top + i * rows.step + 5], name, { anchor: "middle", look: "bold" });
  }
  const link = (from: PictureUnit, to: PictureUnit, look: "edge" | "strong") =>
    sheet.arrow(placeOf(from, rows), placeOf(to, rows), [RADIUS, borderOf(to, placeOf(from, rows), rows)], look);
  for (const unit of units) {
    const name = validatorOf(unit);
    const before = unit.after === undefined ? last.get(name) : byId.get(unit.after);
    for (const id of unit.cites ?? []) link(unit, byId.get(id) as PictureUnit, "edge");
    if (before !== undefined) link(unit, before, "strong");
    last.set(name, unit);
  }
  for (const unit of units) {
    const [x, y] = placeOf(unit, rows);
    if (unit.block !== undefined) sheet.box([x - 19, y - 19], 38, 38, unit.tone ?? "plain");
    else sheet.circle([x, y], RADIUS, unit.tone ?? "plain");
    sheet.text([x, y + 4.5], unit.id, { anchor: "middle" });
  }
}

/** How far from its centre an arrow from `from` meets the unit's border. */
function borderOf(unit: PictureUnit, from: Point, rows: Rows): number {
  if (unit.block === undefined) return RADIUS + 1;
  const [dx, dy] = [placeOf(unit, rows)[0] - from[0], placeOf(unit, rows)[1] - from[1]];
  return (20 * Math.hypot(dx, dy)) / Math.max(Math.abs(dx), Math.abs(dy));
}
