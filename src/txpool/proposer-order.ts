import { effectiveTip, type Transaction } from "../chain/index.ts";
import type { PooledTransaction } from "./pooled-transaction.ts";
import { PriorityHeap } from "./priority-heap.ts";

interface Head {
  readonly entry: PooledTransaction;
  readonly tip: bigint;
  readonly run: readonly PooledTransaction[];
  readonly place: number;
}

/**
 * The order in which a producer offers transactions to a block: of the next one of every sender always the one with the
 * highest tip under `baseFee`, and of equal tips the one that came first. A sender's run ends where its fee cap does not
 * cover the base fee.
 *
 * @param runs  for each sender, transactions that can follow each other from the sender's next nonce on
 */
export function* proposerOrder(
  runs: Iterable<readonly PooledTransaction[]>,
  baseFee: bigint,
): Generator<Transaction, void, undefined> {
  const heads = new PriorityHeap<Head>((a, b) => (a.tip === b.tip ? a.entry.arrival < b.entry.arrival : a.tip > b.tip));
  const offer = (run: readonly PooledTransaction[], place: number) => {
    const entry = run[place];
    if (entry === undefined) return;
    const tip = effectiveTip(entry.tx, baseFee);
    if (tip >= 0n) heads.push({ entry, tip, run, place });
  };
  for (const run of runs) offer(run, 0);
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.entry.tx;
    offer(head.run, head.place + 1);
  }
}
