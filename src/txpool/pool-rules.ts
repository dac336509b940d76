import { maxTransactionBytes, minBaseFee } from "../chain/index.ts";

/**
 * What a node lets into its pool. Policy, not consensus: a block is not invalid because its transactions break these
 * rules.
 *
 * @see KOMA ecosystem spec (f) 2; white paper 5.11
 */
export interface PoolRules {
  /** Gas limit of a block: no transaction may ask for more. */
  readonly blockGasLimit: bigint;
  /** Least fee cap, wei per gas; what no block can go below. */
  readonly minFeePerGas: bigint;
  /** Least wei per gas that must reach the producer. At least 1, so that a transaction without a fee is always refused. */
  readonly minTip: bigint;
  /** Percent by which a replacement must raise both the fee cap and the tip. */
  readonly replacementPercent: bigint;
  /** Whether one sender may have several transactions pending that pay the same amount to the same recipient. */
  readonly allowRepeat: boolean;
  /** Most transactions of one sender that are alike in fee cap, tip, gas limit, recipient and called function. */
  readonly maxAlike: number;
  /** Most transactions of one sender. */
  readonly maxPerSender: number;
  /** How far ahead of the account's nonce a transaction may be. */
  readonly maxNonceAhead: number;
  readonly maxTransactions: number;
  /** Most bytes of all transactions together. */
  readonly maxBytes: number;
  /** Most bytes of one transaction. */
  readonly maxTransactionBytes: number;
  /** How long a transaction waits for an earlier nonce before it is dropped. */
  readonly queuedLifetimeMs: number;
  /** How long a transaction that could be included waits before it is dropped. */
  readonly pendingLifetimeMs: number;
}

const MINUTE_MS = 60_000;

/** Rules of a node on a public chain. */
export function standardPoolRules(blockGasLimit: bigint): PoolRules {
  return {
    blockGasLimit,
    minFeePerGas: minBaseFee,
    minTip: 1n,
    replacementPercent: 10n,
    allowRepeat: false,
    maxAlike: 16,
    maxPerSender: 64,
    maxNonceAhead: 256,
    maxTransactions: 10_000,
    maxBytes: 64 * 1024 * 1024,
    maxTransactionBytes,
    queuedLifetimeMs: 10 * MINUTE_MS,
    pendingLifetimeMs: 180 * MINUTE_MS,
  };
}

/**
 * Rules of a devnet's node: people send themselves the same payment twice there, and load generators a hundred in a row
 * from one account, so neither is taken for spam.
 */
export function devnetPoolRules(blockGasLimit: bigint): PoolRules {
  const rules = standardPoolRules(blockGasLimit);
  return { ...rules, allowRepeat: true, maxAlike: rules.maxTransactions, maxPerSender: 1024, maxNonceAhead: 4096 };
}
