import { effectiveTip } from "../../chain/index.ts";
import type { ExecutedView } from "../node-api.ts";

/**
 * Tips at shares of a block's gas: sorted by tip, the tip of the transaction in which the given percentage of the gas
 * used is reached.
 *
 * @param percentiles  0 to 100, ascending
 * @returns wei per gas for each percentile; zeros for an empty block
 * @see go-ethereum eth/gasprice/feehistory.go
 */
export function rewardsAt(view: ExecutedView, percentiles: readonly number[]): readonly bigint[] {
  const { header, transactions } = view.block;
  const paid = transactions
    .map((tx, i) => ({ tip: effectiveTip(tx, header.baseFeePerGas), gas: view.outcomes[i]?.gasUsed ?? 0n }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const first = paid[0];
  if (first === undefined) return percentiles.map(() => 0n);
  let at = 0;
  let gas = first.gas;
  return percentiles.map((percentile) => {
    const threshold = (header.gasUsed * BigInt(Math.round(percentile * 1_000))) / 100_000n;
    while (gas < threshold && at < paid.length - 1) {
      at += 1;
      gas += paid[at]?.gas ?? 0n;
    }
    return paid[at]?.tip ?? 0n;
  });
}
