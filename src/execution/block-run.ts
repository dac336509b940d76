import {
  bloomOf,
  emptyBloom,
  encodeReceipt,
  joinBlooms,
  orderedTrie,
  type Receipt,
  type Transaction,
} from "../chain/index.ts";
import { type Address, type Bytes, type Check, type Hash, reject } from "../primitives/index.ts";
import {
  type AppliedTransaction,
  applyTransaction,
  type RuleChanges,
  type TransactionRejection,
} from "./apply-transaction.ts";
import { BlockPayments } from "./block-payments.ts";
import { BlockState } from "./block-state.ts";
import type { BlockEnvironment, EvmEngine } from "./evm-engine.ts";
import { type FinishedState, finishBlockState } from "./finish-block-state.ts";
import type { TransactionResult } from "./state-store.ts";
import type { StateTries } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

export interface BlockRunOptions {
  readonly environment: BlockEnvironment;
  /** State after the parent. */
  readonly parent: StateView;
  readonly rules?: RuleChanges;
  readonly fastTransfers?: boolean;
}

/** What a finished block needs in its header, and what goes beside it. */
export interface RunOutcome extends FinishedState {
  readonly receipts: readonly Receipt[];
  readonly results: readonly TransactionResult[];
  readonly gasUsed: bigint;
  readonly logsBloom: Bytes;
  readonly receiptsRoot: Hash;
}

const NO_LOGS_BLOOM = emptyBloom();

/** @param cumulativeGasUsed  of the block's transactions up to this one */
export function receiptOf(
  tx: Pick<Transaction, "type">,
  { status, logs }: AppliedTransaction,
  cumulativeGasUsed: bigint,
): Receipt {
  const logsBloom = logs.length === 0 ? NO_LOGS_BLOOM : bloomOf(logs);
  return { type: tx.type, status, cumulativeGasUsed, logsBloom, logs };
}

/** Of all logs of a block. */
export function bloomOfReceipts(receipts: readonly Receipt[]): Bytes {
  return joinBlooms(receipts.filter(({ logs }) => logs.length > 0).map(({ logsBloom }) => logsBloom));
}

/** One block while it runs, whether it is being built or checked. */
export class BlockRun {
  readonly #engine: EvmEngine;
  readonly #options: BlockRunOptions;
  readonly #state: BlockState;
  readonly #receipts: Receipt[] = [];
  readonly #results: TransactionResult[] = [];
  readonly #payments: BlockPayments;
  #gasUsed = 0n;

  constructor(engine: EvmEngine, options: BlockRunOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#state = new BlockState(options.parent);
    this.#payments = new BlockPayments(options.environment.coinbase);
    engine.attach(this.#state, options.environment);
    engine.pacer.start();
  }

  get gasLeft(): bigint {
    return this.#options.environment.gasLimit - this.#gasUsed;
  }

  /** Appends a transaction; a rejected one changes nothing. */
  async add(tx: Transaction): Promise<Check<AppliedTransaction, TransactionRejection>> {
    await this.#engine.pacer.pause();
    const { rules, fastTransfers } = this.#options;
    const applied = await applyTransaction(tx, this.#engine, {
      gasAvailable: this.gasLeft,
      ...(rules ? { rules } : {}),
      ...(fastTransfers === undefined ? {} : { fastTransfers }),
    });
    if (!applied.ok) return reject(applied.rejection);
    const { gasUsed, effectiveGasPrice, contractAddress } = applied.value;
    const tip = gasUsed * (effectiveGasPrice - this.#options.environment.baseFeePerGas);
    this.#gasUsed += gasUsed;
    const receipt = receiptOf(tx, applied.value, this.#gasUsed);
    this.#receipts.push(rules?.forge ? rules.forge(tx, receipt) : receipt);
    this.#results.push({
      gasUsed,
      effectiveGasPrice,
      moves: this.#payments.add(applied.value.moves, tip),
      ...(contractAddress === undefined ? {} : { contractAddress }),
    });
    return applied;
  }

  /** Accounts whose storage is not what it was after the parent. */
  storageWritten(): readonly Address[] {
    return [...this.#state.writtenAccounts()].filter((address) => this.#state.storageChanges(address) !== undefined);
  }

  /**
   * Computes every root. Nothing can be added afterwards.
   *
   * @param parentTries  tries after the parent
   */
  finish(parentTries: StateTries): RunOutcome {
    this.#payments.end();
    return {
      ...finishBlockState(this.#state, this.#options.parent, parentTries),
      receipts: this.#receipts,
      results: this.#results,
      gasUsed: this.#gasUsed,
      logsBloom: bloomOfReceipts(this.#receipts),
      receiptsRoot: orderedTrie(this.#receipts.map(encodeReceipt)).root(),
    };
  }
}
