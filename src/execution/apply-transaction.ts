import {
  type BalanceMove,
  checkTransactionLimits,
  effectiveGasPrice,
  emptyCodeHash,
  intrinsicGas,
  type Log,
  maxCost,
  type Receipt,
  type Transaction,
  type TxFormatRejection,
  type TxStateRejection,
} from "../chain/index.ts";
import { KomaError } from "../errors.ts";
import { type Address, accept, type Bytes, type Check, emptyBytes, reject } from "../primitives/index.ts";
import { type BlockState, emptyAccount, isEmptyAccount } from "./block-state.ts";
import type { BlockEnvironment, EvmEngine } from "./evm-engine.ts";

export type TransactionRejection = TxFormatRejection | TxStateRejection;

/** Leniency for the faulty nodes of devnets, and for simulations; the real chain runs with none. */
export interface RuleChanges {
  /** Do not compare nonces with the state. */
  readonly ignoreNonces?: boolean;
  /** Do not check the bounds that every transaction keeps. */
  readonly ignoreLimits?: boolean;
  /** Let contracts send. */
  readonly ignoreSenderCode?: boolean;
  /** The receipt that is written instead of the one that the transaction left. */
  readonly forge?: (tx: Transaction, receipt: Receipt) => Receipt;
}

export interface TransactionOptions {
  /** Gas the block has left. */
  readonly gasAvailable: bigint;
  readonly rules?: RuleChanges;
  /** Off sends plain transfers through the EVM too; the outcome is the same, and tests see to that. */
  readonly fastTransfers?: boolean;
}

/** What a transaction did; the state holds its changes. */
export interface AppliedTransaction {
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  /** Before the refund. */
  readonly maxUsedGas: bigint;
  readonly effectiveGasPrice: bigint;
  readonly returnData: Bytes;
  /** Name of the exception that ended it; undefined when it succeeded. */
  readonly error: string | undefined;
  readonly logs: readonly Log[];
  readonly contractAddress: Address | undefined;
  /** Native balances that it changed. */
  readonly moves: readonly BalanceMove[];
}

type MessageOutcome = Omit<AppliedTransaction, "moves">;

const MAX_WORD = (1n << 256n) - 1n;
/** Part of the gas used that can come back (EIP-3529). */
const REFUND_QUOTIENT = 5n;

/**
 * Runs one transaction on the engine's state by the rules of Cancun. A rejected one leaves the state as it was.
 *
 * @see EIP-1559 (fees), EIP-3607 (no code at the sender), EIP-3529 (refunds), EIP-161 (empty accounts)
 */
export async function applyTransaction(
  tx: Transaction,
  engine: EvmEngine,
  options: TransactionOptions,
): Promise<Check<AppliedTransaction, TransactionRejection>> {
  const { state } = engine;
  const environment = engine.environment as BlockEnvironment;
  const broken = options.rules?.ignoreLimits === true ? undefined : checkTransactionLimits(tx);
  const rejection = broken ?? checkAgainstState(tx, state, environment, options);
  if (rejection) return reject(rejection);
  try {
    const applied =
      options.fastTransfers !== false && isPlainTransfer(tx, engine)
        ? transfer(tx, state, environment)
        : await runMessage(tx, engine, environment);
    return accept({ ...applied, moves: state.endTransaction() });
  } catch (error) {
    state.abandonTransaction();
    engine.reset();
    // Our own errors (a broken disk, say) say nothing about the transaction.
    if (error instanceof KomaError) throw error;
    return reject({ code: "Execution", reason: `the engine failed: ${String(error)}` });
  }
}

function checkAgainstState(
  tx: Transaction,
  state: BlockState,
  { baseFeePerGas }: BlockEnvironment,
  { gasAvailable, rules }: TransactionOptions,
): TransactionRejection | undefined {
  if (tx.gasLimit > gasAvailable) {
    return { code: "BlockGasExceeded", available: gasAvailable, required: tx.gasLimit };
  }
  if (tx.maxFeePerGas < baseFeePerGas) {
    return { code: "FeeBelowBaseFee", baseFee: baseFeePerGas, maxFeePerGas: tx.maxFeePerGas };
  }
  const sender = state.account(tx.sender) ?? emptyAccount;
  if (sender.codeHash !== emptyCodeHash && rules?.ignoreSenderCode !== true)
    return { code: "SenderHasCode", sender: tx.sender };
  if (sender.nonce !== tx.nonce && rules?.ignoreNonces !== true) {
    return { code: "NonceMismatch", sender: tx.sender, expected: sender.nonce, found: tx.nonce };
  }
  const required = maxCost(tx);
  if (sender.balance < required) {
    return { code: "InsufficientFunds", sender: tx.sender, required, available: sender.balance };
  }
  return undefined;
}

/** True when the EVM would have nothing to run. */
function isPlainTransfer(tx: Transaction, { state, precompiles }: EvmEngine): boolean {
  if (tx.to === undefined || precompiles.has(tx.to)) return false;
  const to = state.account(tx.to);
  if (to === undefined) return true;
  // An overflowing balance is an exception of the EVM; leave it to the EVM.
  return to.codeHash === emptyCodeHash && to.balance + tx.value <= MAX_WORD;
}

/** A transfer to an account without code, without an EVM frame: 2.5 µs instead of 114. */
function transfer(tx: Transaction, state: BlockState, environment: BlockEnvironment): MessageOutcome {
  const price = effectiveGasPrice(tx, environment.baseFeePerGas);
  const gasUsed = intrinsicGas(tx);
  const to = tx.to as Address;
  const sender = state.account(tx.sender) ?? emptyAccount;
  state.setAccount(tx.sender, {
    ...sender,
    nonce: sender.nonce + 1n,
    balance: sender.balance - gasUsed * price - tx.value,
  });
  credit(state, to, tx.value);
  credit(state, environment.coinbase, gasUsed * (price - environment.baseFeePerGas));
  return {
    status: 1,
    gasUsed,
    maxUsedGas: gasUsed,
    effectiveGasPrice: price,
    returnData: emptyBytes,
    error: undefined,
    logs: [],
    contractAddress: undefined,
  };
}

/** Adds to a balance; touching an empty account with nothing removes it (EIP-161). */
function credit(state: BlockState, address: Address, amount: bigint): void {
  const account = state.account(address);
  if (amount > 0n) {
    const before = account ?? emptyAccount;
    state.setAccount(address, { ...before, balance: before.balance + amount });
  } else if (account !== undefined && isEmptyAccount(account)) {
    state.deleteAccount(address);
  }
}

async function runMessage(tx: Transaction, engine: EvmEngine, environment: BlockEnvironment): Promise<MessageOutcome> {
  const { state } = engine;
  const price = effectiveGasPrice(tx, environment.baseFeePerGas);
  const intrinsic = intrinsicGas(tx);
  const sender = state.account(tx.sender) ?? emptyAccount;
  state.setAccount(tx.sender, {
    ...sender,
    nonce: sender.nonce + 1n,
    balance: sender.balance - tx.gasLimit * price,
  });

  const outcome = await engine.run({
    from: tx.sender,
    to: tx.to,
    value: tx.value,
    data: tx.data,
    gasLimit: tx.gasLimit - intrinsic,
    gasPrice: price,
    accessList: tx.accessList,
  });

  const maxUsedGas = intrinsic + outcome.gasUsed;
  const gasUsed = gasAfterRefund(maxUsedGas, outcome.gasRefund);
  credit(state, tx.sender, (tx.gasLimit - gasUsed) * price);
  const tip = gasUsed * (price - environment.baseFeePerGas);
  if (tip > 0n) credit(state, environment.coinbase, tip);
  await engine.clean(outcome.destroyed, [environment.coinbase]);
  return {
    status: outcome.error === undefined ? 1 : 0,
    gasUsed,
    maxUsedGas,
    effectiveGasPrice: price,
    returnData: outcome.returnData,
    error: outcome.error,
    logs: outcome.error === undefined ? outcome.logs : [],
    contractAddress: outcome.contractAddress,
  };
}

/** Gas a transaction pays for: what it used, less at most a fifth of it. */
export function gasAfterRefund(gasUsed: bigint, refund: bigint): bigint {
  const limit = gasUsed / REFUND_QUOTIENT;
  return gasUsed - (refund < limit ? refund : limit);
}
