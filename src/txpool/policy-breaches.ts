import { type Block, effectiveTip, intrinsicGas, type Transaction } from "../chain/index.ts";
import type { PoolRules } from "./pool-rules.ts";
import { outputsOf } from "./pooled-transaction.ts";

/** Transactions of a block that a pool with these rules would have refused. One may count more than once. */
export interface PolicyBreaches {
  /** Plain payments of nothing. One that took another's nonce in the pool is among them: a block does not tell. */
  readonly zeroPayments: number;
  /** Fee cap or tip below the floor. */
  readonly lowFees: number;
  /** With the outputs of an earlier one of the same sender in the block, where the rules refuse that. */
  readonly duplicates: number;
}

/**
 * How a block's producer keeps to the pool's rules, as far as the block shows it. None of it makes a block invalid.
 *
 * @param gasUsed  of each transaction; what a payment costs beside its own gas, code at the recipient has used
 * @param exempt   what a producer brings in by itself, such as deliveries, and need not pay a tip for
 * @see KOMA ecosystem spec (f) 2; white paper 5.11
 */
export function policyBreaches(
  { header, transactions }: Pick<Block, "header" | "transactions">,
  gasUsed: readonly bigint[],
  rules: PoolRules,
  exempt: (transaction: Transaction) => boolean,
): PolicyBreaches {
  let zeroPayments = 0;
  let lowFees = 0;
  let duplicates = 0;
  const seen = new Set<string>();
  for (const [index, tx] of transactions.entries()) {
    if (exempt(tx)) continue;
    const paysNothing = tx.value === 0n && tx.data.length === 0 && tx.to !== undefined;
    if (paysNothing && gasUsed[index] === intrinsicGas(tx)) zeroPayments++;
    if (tx.maxFeePerGas < rules.minFeePerGas || effectiveTip(tx, header.baseFeePerGas) < rules.minTip) lowFees++;
    if (rules.allowRepeat) continue;
    const outputs = `${tx.sender}|${outputsOf(tx)}`;
    if (seen.has(outputs)) duplicates++;
    seen.add(outputs);
  }
  return { zeroPayments, lowFees, duplicates };
}
