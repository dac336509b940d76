import type { DropRule } from "./drop-record.ts";
import type { PoolRules } from "./pool-rules.ts";

/** One rule of a pool, for people. */
export interface ListedRule {
  readonly rule: DropRule;
  /** Error that a sender sees; undefined for rules about what is in the pool already. */
  readonly code: string | undefined;
  /** What is refused or dropped, with this pool's numbers. */
  readonly refuses: string;
}

/**
 * The rules of the pool in the order in which they are looked at, then those that take out what was in.
 *
 * @see KOMA ecosystem spec (f) 2; white paper 5.11
 */
export function listPoolRules(rules: PoolRules): readonly ListedRule[] {
  const minutes = (ms: number) => Math.round(ms / 60_000);
  const admission: [DropRule, string, string][] = [
    ["ZeroPayment", "SPAM_ZERO_PAYMENT", "a payment of nothing to an account without code, unless it replaces one"],
    ["Oversized", "TX_INVALID", `a transaction of more than ${rules.maxTransactionBytes} bytes`],
    ["GasLimit", "TX_INVALID", `a gas limit above the block's ${rules.blockGasLimit}`],
    [
      "FeeTooLow",
      "SPAM_FEE_TOO_LOW",
      `a fee cap below ${rules.minFeePerGas} wei, or that leaves a tip below ${rules.minTip} wei over the base fee`,
    ],
    ["NonceTooLow", "TX_NONCE_TOO_LOW", "a nonce that was used"],
    ["NonceGap", "TX_NONCE_TOO_HIGH", `a nonce ${rules.maxNonceAhead} or more above the account's`],
    [
      "ReplacementUnderpriced",
      "SPAM_DUP_FEE",
      `a replacement that raises fee cap or tip by less than ${rules.replacementPercent} %`,
    ],
    [
      "InsufficientFunds",
      "SPAM_OUTPUT_MISSING, KOMA_E_SPAM_INPUT_LT_OUTPUT",
      "value and greatest fee above the balance, or above what the sender's other transactions leave of it",
    ],
    [
      "TokenOutput",
      "SPAM_OUTPUT_MISSING, KOMA_E_SPAM_INPUT_LT_OUTPUT",
      "a plain transfer above the sender's output of the token, or above what its other transfers leave of it",
    ],
    [
      "DuplicateOutputs",
      "SPAM_DUP_OUTPUTS",
      rules.allowRepeat ? "nothing here: equal payments are allowed" : "a payment that the same sender has pending",
    ],
    ["DuplicateFee", "SPAM_DUP_FEE", `more than ${rules.maxAlike} pending transactions of one sender that are alike`],
    ["SenderFull", "POOL_FULL", `more than ${rules.maxPerSender} transactions of one sender`],
    [
      "PoolFull",
      "POOL_FULL",
      `more than ${rules.maxTransactions} transactions or ${rules.maxBytes} bytes, when all in the pool pay as much`,
    ],
  ];
  const later: [DropRule, string][] = [
    ["Evicted", "the least tip, when the pool is full and one comes that pays more"],
    ["Replaced", "what a transaction of the same nonce with a higher fee replaced"],
    [
      "Expired",
      `what waited ${minutes(rules.pendingLifetimeMs)} min, or ${minutes(rules.queuedLifetimeMs)} min for an earlier nonce`,
    ],
    ["NonceUsed", "what lost its nonce to another transaction in a block"],
    ["Unpayable", "what the sender's balance no longer covers"],
    ["Discarded", "what no block could be built with"],
  ];
  return [
    ...admission.map(([rule, code, refuses]) => ({ rule, code: `KOMA_E_${code}`, refuses })),
    ...later.map(([rule, refuses]) => ({ rule, code: undefined, refuses })),
  ];
}
