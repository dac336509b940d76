/** A unit as a picture needs it. */
export interface GraphUnit {
  readonly id: string;
  readonly creator: string;
  readonly seq: number;
  /** Start of its creator's round, ms. */
  readonly round: number;
  /** The latest unit seen of each validator; those outside the picture are left out of it. */
  readonly cites: readonly string[];
  /** Validators seen as faulty. */
  readonly faulty: readonly string[];
  /** Name of the block it carries; undefined: none. */
  readonly block: string | undefined;
  /** Unit of the block it votes for, its own included; undefined: none yet, so for what the era builds on. */
  readonly vote: string | undefined;
}

/** Units in an order in which citations come before those who cite. */
export interface UnitGraph {
  /** Validators, in the order of their lanes. */
  readonly creators: readonly string[];
  readonly units: readonly GraphUnit[];
}

export const graphFormats = ["text", "dot", "mermaid"] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** Most units in one picture; of longer states the newest are drawn. */
export const MAX_DRAWN_UNITS = 1_000;

/** The newest units of a graph, as many as a picture takes. */
export function newestUnits(graph: UnitGraph): UnitGraph {
  return { ...graph, units: graph.units.slice(-MAX_DRAWN_UNITS) };
}

/**
 * For each unit the citations that no other citation of it implies: a panorama is complete, a picture of it would be black.
 */
export function essentialCitations({ units }: UnitGraph): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, ReadonlySet<string>>();
  const essential = new Map<string, readonly string[]>();
  for (const unit of units) {
    const cited = unit.cites.filter((id) => below.has(id));
    const reached = new Set(cited.flatMap((id) => [...(below.get(id) as ReadonlySet<string>)]));
    essential.set(
      unit.id,
      cited.filter((id) => !reached.has(id)),
    );
    for (const id of cited) reached.add(id);
    below.set(unit.id, reached);
  }
  return essential;
}
