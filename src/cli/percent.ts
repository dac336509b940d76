/** A share between 0 and 1 for people: `33.3 %`. Rounded down, so that no threshold looks passed before it is. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`;
}

/** Part of a whole in percent with two decimals, as numbers in JSON; 0 of nothing. */
export function percentOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 100;
}
