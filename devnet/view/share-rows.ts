export interface RowNeeds {
  readonly nodes: number;
  readonly blocks: number;
  readonly notes: number;
}

/** Below this many blocks the list says too little. */
const LEAST_BLOCKS = 3;
const LEAST_NODES = 2;
/** One to say something, one to say how many more there are. */
const LEAST_NOTES = 2;

/**
 * How many rows of each kind a screen of `rows` has, besides their titles and the empty lines between them. Blocks give
 * way first, then notes, then nodes: a screen that is too short must not scroll.
 */
export function shareRows(needs: RowNeeds, rows: number): RowNeeds {
  const share = { ...needs };
  const taken = (): number =>
    // First line, then per part an empty line and titles, or only an empty line; the hints' empty line.
    1 +
    (2 + share.nodes + (share.nodes < needs.nodes ? 1 : 0)) +
    (share.blocks > 0 ? 2 + share.blocks : 0) +
    (share.notes > 0 ? 1 + share.notes : 0) +
    1;
  const give = (part: keyof RowNeeds, least: number): void => {
    while (taken() > rows && share[part] > least) share[part] -= 1;
  };
  give("blocks", LEAST_BLOCKS);
  give("notes", LEAST_NOTES);
  give("nodes", LEAST_NODES);
  give("blocks", 0);
  give("notes", 0);
  return share;
}
