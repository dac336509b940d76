import { checkTransactionLimits, effectiveTip, type Transaction } from "../chain/index.ts";
import type { Address, Timestamp } from "../primitives/index.ts";
import type { PoolRules } from "./pool-rules.ts";
import { isOpaque, type PooledTransaction } from "./pooled-transaction.ts";
import type { SenderLane } from "./sender-lane.ts";
import type { TxRejection } from "./tx-rejection.ts";

/** What admission depends on besides the transaction and its sender. */
export interface AdmissionContext {
  /** Base fee of the next block, wei per gas. */
  readonly baseFee: bigint;
  /** Whether there is code at an address; asked only about payments of nothing. */
  readonly hasCode: (address: Address) => boolean;
  readonly now: Timestamp;
}

/** Rules that look at the transaction alone, cheapest first; undefined when all hold. */
export function checkAlone(
  tx: Transaction,
  rules: PoolRules,
  context: AdmissionContext,
  replaced: PooledTransaction | undefined,
): TxRejection | undefined {
  // A payment of nothing over one's own pending nonce is a cancellation; what it must pay, the rule of fees says.
  const paysNothing = tx.value === 0n && tx.data.length === 0 && tx.to !== undefined;
  if (paysNothing && replaced === undefined && !context.hasCode(tx.to as Address)) return { code: "ZeroPayment" };
  if (tx.raw.length > rules.maxTransactionBytes) {
    return { code: "Oversized", limit: rules.maxTransactionBytes, found: tx.raw.length };
  }
  if (tx.gasLimit > rules.blockGasLimit) return { code: "GasLimit", limit: rules.blockGasLimit, found: tx.gasLimit };
  return checkTransactionLimits(tx) ?? checkFee(tx, rules, context.baseFee);
}

function checkFee(tx: Transaction, rules: PoolRules, baseFee: bigint): TxRejection | undefined {
  if (tx.maxFeePerGas >= rules.minFeePerGas && effectiveTip(tx, baseFee) >= rules.minTip) return undefined;
  const needed = baseFee + rules.minTip;
  return {
    code: "FeeTooLow",
    minFeePerGas: needed > rules.minFeePerGas ? needed : rules.minFeePerGas,
    minTip: rules.minTip,
    maxFeePerGas: tx.maxFeePerGas,
    maxPriorityFeePerGas: tx.maxPriorityFeePerGas,
  };
}

/** Rules between a transaction and its sender's account and other transactions; undefined when all hold. */
export function checkAgainstLane(
  entry: PooledTransaction,
  lane: SenderLane,
  rules: PoolRules,
  replaced: PooledTransaction | undefined,
): TxRejection | undefined {
  return (
    checkPlace(entry.tx, lane, rules) ??
    (replaced && checkReplacement(entry.tx, replaced.tx, rules)) ??
    checkFunds(entry, lane, replaced) ??
    checkTokenOutput(entry, lane, replaced) ??
    checkRepetition(entry, lane, rules) ??
    (replaced === undefined && lane.size >= rules.maxPerSender && !fillsGap(entry, lane)
      ? { code: "SenderFull", limit: rules.maxPerSender }
      : undefined)
  );
}

/** Whether the transaction comes next while the sender's last one waits: then the last one may go for it. */
function fillsGap(entry: PooledTransaction, lane: SenderLane): boolean {
  const { nonce } = lane.account;
  const isNext = entry.tx.nonce === nonce + BigInt(lane.run(nonce).length);
  return isNext && lane.last !== undefined && lane.isQueued(lane.last);
}

/** Whether the nonce is one that this sender may use now. */
export function checkPlace(tx: Transaction, lane: SenderLane, rules: PoolRules): TxRejection | undefined {
  const expected = lane.account.nonce;
  if (tx.nonce < expected) return { code: "NonceTooLow", expected, found: tx.nonce };
  const limit = expected + BigInt(rules.maxNonceAhead);
  if (tx.nonce >= limit) return { code: "NonceGap", expected, limit, found: tx.nonce };
  return undefined;
}

function checkReplacement(tx: Transaction, old: Transaction, rules: PoolRules): TxRejection | undefined {
  const minFeePerGas = raised(old.maxFeePerGas, rules.replacementPercent);
  const minTip = raised(old.maxPriorityFeePerGas, rules.replacementPercent);
  if (tx.maxFeePerGas >= minFeePerGas && tx.maxPriorityFeePerGas >= minTip) return undefined;
  return { code: "ReplacementUnderpriced", replaces: old.hash, minFeePerGas, minTip };
}

/** Rounded up, so that the raise is never less than it says. */
function raised(fee: bigint, percent: bigint): bigint {
  return (fee * (100n + percent) + 99n) / 100n;
}

/** The sender's balance is one output that all its transactions in the pool reserve parts of, whatever their nonces. */
function checkFunds(
  entry: PooledTransaction,
  lane: SenderLane,
  replaced: PooledTransaction | undefined,
): TxRejection | undefined {
  const reserved = lane.reserved - (replaced?.cost ?? 0n);
  const required = reserved + entry.cost;
  const available = lane.account.balance;
  return required > available ? { code: "InsufficientFunds", required, available, reserved } : undefined;
}

/** The same of a token's output, where the journal of payments knows it. What happens inside calls, execution judges. */
function checkTokenOutput(
  { tx, transfer }: PooledTransaction,
  lane: SenderLane,
  replaced: PooledTransaction | undefined,
): TxRejection | undefined {
  const available = transfer && lane.account.tokenOutput?.(transfer.token);
  if (transfer === undefined || available === undefined) return undefined;
  const { token, amount } = transfer;
  const given = replaced?.transfer?.token === token ? replaced.transfer.spent : 0n;
  const reserved = lane.reservedOf(token) - given;
  const required = reserved + amount;
  if (required <= available) return undefined;
  // An earlier call of the sender that the pool cannot read, such as a mint or a swap, may bring what is missing.
  if (lane.entries.some((other) => other.tx.nonce < tx.nonce && isOpaque(other))) return undefined;
  return { code: "TokenOutput", token, required, available, reserved };
}

function checkRepetition(entry: PooledTransaction, lane: SenderLane, rules: PoolRules): TxRejection | undefined {
  // Load generators fill a lane: do not compare all pairs where no rule could be broken.
  if (rules.allowRepeat && lane.size < rules.maxAlike) return undefined;
  let alike = 0;
  for (const other of lane.entries) {
    if (other.tx.nonce === entry.tx.nonce) continue;
    if (!rules.allowRepeat && other.outputs === entry.outputs) {
      return { code: "DuplicateOutputs", pending: other.tx.hash };
    }
    if (other.likeness === entry.likeness) alike++;
  }
  return alike >= rules.maxAlike ? { code: "DuplicateFee", limit: rules.maxAlike } : undefined;
}
