/** True when `part` is more than two thirds of `whole`. Exact: no division, so no rounding to argue about. */
export function exceedsTwoThirds(part: bigint, whole: bigint): boolean {
  return part * 3n > whole * 2n;
}
