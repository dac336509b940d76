/** Where a block becomes final for a node that was told nothing else (KoMaBFT spec 12.5). */
export const FINAL_AT = 1 / 3;

/** Beyond: what summits of level 1, 2, 3 … give when everybody takes part, 1 − 2^−level. */
const MARKS = [1 / 2, 3 / 4, 7 / 8, 15 / 16, 31 / 32] as const;

/** These stand in the bar; the others are too close to its end. */
const DRAWN_MARKS = MARKS.slice(0, 3);

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/**
 * A bar for a share of the stake. Rounded down, so that it never reaches a mark before the confidence does.
 *
 * @param confidence  0 to 1
 * @param width  characters
 *
 * @example
 * confidenceBar(0.25, 12) // "███·│·┆··┆┆·"
 */
export function confidenceBar(confidence: number, width: number): string {
  const eighths = Math.floor(confidence * width * 8 + 1e-6);
  const full = Math.floor(eighths / 8);
  const rest = Array.from({ length: width }, () => "·");
  for (const mark of DRAWN_MARKS) rest[Math.min(width - 1, Math.floor(mark * width))] = "┆";
  rest[Math.floor(FINAL_AT * width)] = "│";
  const bar = `${"█".repeat(full)}${EIGHTHS[eighths % 8]}`;
  return bar + rest.slice(bar.length).join("");
}

/** What was reached: `final` at a third, then with the highest mark: `final, ≥ 50 %`, `final, ≥ 75 %` …; else empty. */
export function reachedMark(confidence: number): string {
  if (!isFinalAtThird(confidence)) return "";
  const mark = MARKS.findLast((each) => confidence >= each - 1e-9);
  return mark === undefined ? "final" : `final, ≥ ${Math.floor(mark * 1000) / 10} %`;
}

export function isFinalAtThird(confidence: number): boolean {
  return confidence >= FINAL_AT - 1e-9;
}
