export interface Interval {
  readonly start: bigint;
  readonly end: bigint;
}

export interface IntervalRules {
  /** Blocks that make a checkpoint due (`targetInterval`). */
  readonly every: number;
  /** Most blocks of one checkpoint (`maxCheckpointLength`); a chain that fell behind catches up in pieces this long. */
  readonly maxLength: number;
}

/**
 * Blocks of the next checkpoint, or undefined while too few of them are final.
 *
 * @param nextStart  first block not under a checkpoint yet, as the root contract says
 * @param finalized  newest block that is final at this node's checkpoint threshold
 */
export function planInterval(nextStart: bigint, finalized: bigint, rules: IntervalRules): Interval | undefined {
  const available = finalized - nextStart + 1n;
  if (available < BigInt(rules.every)) return undefined;
  const length = available < BigInt(rules.maxLength) ? available : BigInt(rules.maxLength);
  return { start: nextStart, end: nextStart + length - 1n };
}
