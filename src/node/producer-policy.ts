import type { ExecutedBlock } from "../execution/index.ts";
import type { Address } from "../primitives/index.ts";
import type { ExtraMethod } from "../rpc/index.ts";
import { type PolicyBreaches, type PoolRules, policyBreaches } from "../txpool/index.ts";
import { isSystemTransaction } from "./system-transactions.ts";

/** How one producer kept to the rules of this node's pool. */
export interface ProducerScore extends PolicyBreaches {
  readonly producer: Address;
  readonly blocks: number;
  /** Without those that it brought in by itself. */
  readonly transactions: number;
  /** Share of its transactions without a breach, 1 for none at all; 0 when there are as many breaches as transactions. */
  readonly score: number;
}

export interface ProducerPolicy {
  /** A block is final. One that takes the place of others, after a rollback, removes them. */
  judge(block: Pick<ExecutedBlock, "block" | "results">): void;
  /** First and last block judged, and every producer of one; undefined before the first block. */
  scores(): { readonly from: bigint; readonly to: bigint; readonly producers: readonly ProducerScore[] } | undefined;
}

interface JudgedBlock {
  readonly number: bigint;
  readonly producer: Address;
  readonly transactions: number;
  readonly breaches: PolicyBreaches;
}

/** Blocks that count, some hours; those before the node's start do not. */
const MOST_BLOCKS = 4_096;

/**
 * Whether producers keep to what pools let in. It is no fault that could be proven, because pools differ: an input for those
 * who vote for producers.
 *
 * @see KOMA ecosystem spec (f) 2
 */
export function createProducerPolicy(rules: PoolRules): ProducerPolicy {
  const judged: JudgedBlock[] = [];
  return {
    judge({ block, results }) {
      const { number, coinbase } = block.header;
      while ((judged.at(-1)?.number ?? -1n) >= number) judged.pop();
      if (judged.length === MOST_BLOCKS) judged.shift();
      const exempt = (tx: (typeof block.transactions)[number]) => isSystemTransaction(tx, coinbase);
      const gasUsed = results.map((result) => result.gasUsed);
      judged.push({
        number,
        producer: coinbase,
        transactions: block.transactions.filter((tx) => !exempt(tx)).length,
        breaches: policyBreaches(block, gasUsed, rules, exempt),
      });
    },
    scores() {
      const [first, last] = [judged[0], judged.at(-1)];
      if (!first || !last) return undefined;
      const byProducer = Map.groupBy(judged, ({ producer }) => producer);
      const producers = [...byProducer].map(([producer, blocks]) => scoreOf(producer, blocks));
      return { from: first.number, to: last.number, producers };
    },
  };
}

function scoreOf(producer: Address, blocks: readonly JudgedBlock[]): ProducerScore {
  const sum = (of: (block: JudgedBlock) => number) => blocks.reduce((total, block) => total + of(block), 0);
  const transactions = sum((block) => block.transactions);
  const zeroPayments = sum(({ breaches }) => breaches.zeroPayments);
  const lowFees = sum(({ breaches }) => breaches.lowFees);
  const duplicates = sum(({ breaches }) => breaches.duplicates);
  const share = transactions === 0 ? 0 : (zeroPayments + lowFees + duplicates) / transactions;
  const score = Math.max(0, Math.round((1 - share) * 10_000) / 10_000);
  return { producer, blocks: blocks.length, transactions, zeroPayments, lowFees, duplicates, score };
}

export function policyMethods(policy: () => ProducerPolicy): Readonly<Record<string, ExtraMethod>> {
  return { koma_producerPolicyScore: () => policy().scores() ?? { from: null, to: null, producers: [] } };
}
