import {
  type Block,
  type BlockHeader,
  type BlockOverrides,
  checkTransactionLimits,
  createBlock,
  encodeReceipt,
  hashHeader,
  intrinsicGas,
  maxTransactionGas,
  nextBaseFee,
  orderedTrie,
  type Receipt,
  type SimulatedBlock,
  type SimulatedCall,
  type StateOverrides,
  type Transaction,
  transactionsRoot,
  unsignedTransaction,
} from "../chain/index.ts";
import { emptyBytes, type Hash, zeroAddress, zeroHash } from "../primitives/index.ts";
import { type AppliedTransaction, applyTransaction } from "./apply-transaction.ts";
import { bloomOfReceipts, receiptOf } from "./block-run.ts";
import { BlockState } from "./block-state.ts";
import type { CallContext } from "./calls.ts";
import { type BlockEnvironment, type EvmEngine, revertError } from "./evm-engine.ts";
import { exceptionName } from "./evm-error-names.ts";
import type { CallRequest } from "./executor.ts";
import { blockNumberOrder, callRefused, simulationTooLarge, timestampOrder } from "./simulation-errors.ts";
import { applyOverrides } from "./state-overrides.ts";
import { SizeLimit } from "./tracing/size-limit.ts";
import { collectTransferLogs, type TransferLogs } from "./tracing/transfer-logs.ts";

/** A block to run, with what is to be different before its first call. */
interface BlockRequest {
  readonly block?: BlockOverrides;
  readonly overrides?: StateOverrides;
  readonly calls: readonly CallRequest[];
}

/** Blocks to run one upon the other, as plain data. */
export interface SimulationRequest {
  readonly blocks: readonly BlockRequest[];
  readonly validation: boolean;
  readonly traceTransfers: boolean;
  /** From one block to the next, where none says its time. */
  readonly blockSeconds: bigint;
  /** Largest answer, bytes of its JSON. */
  readonly maxBytes: number;
}

export interface SimulationLimits {
  readonly chainId: bigint;
  /** Gas of all calls together. */
  readonly gasCap: bigint;
}

/** A block whose place on the chain is settled; `position` is that in the request. */
interface PlannedBlock extends BlockRequest {
  readonly position: number;
  readonly number: bigint;
  readonly timestamp: bigint;
}

/** As execution-apis suggests. */
const MAX_BLOCKS = 256n;
/** About what a block, a call and a log take in JSON beside their data. */
const BLOCK_BYTES = 2_200;
const CALL_BYTES = 900;
const LOG_BYTES = 800;

/**
 * Runs blocks that nobody made, each on the state the last one left, and forgets them.
 *
 * @throws {ProtocolError} KOMA_E_SIMULATION_… for a block or a call that could not be part of a chain
 * @throws {UserError} KOMA_E_RPC_LIMIT
 * @see execution-apis, eth_simulateV1
 */
export async function simulate(
  engine: EvmEngine,
  request: SimulationRequest,
  context: CallContext,
  limits: SimulationLimits,
): Promise<readonly SimulatedBlock[]> {
  const simulation = new SimulationRun(engine, request, context, limits);
  for (const planned of plan(request, context.header)) await simulation.add(planned);
  return simulation.blocks;
}

/** Numbers and times of all blocks, and empty ones where numbers leave a gap. */
function plan({ blocks, blockSeconds }: SimulationRequest, base: BlockHeader): readonly PlannedBlock[] {
  const planned: PlannedBlock[] = [];
  let { number, timestamp } = base;
  for (const [position, request] of blocks.entries()) {
    const wanted = request.block?.number ?? number + 1n;
    if (wanted <= number) throw blockNumberOrder(wanted, number);
    if (wanted - base.number > MAX_BLOCKS) throw simulationTooLarge("too many blocks", MAX_BLOCKS);
    while (++number < wanted) {
      timestamp += blockSeconds;
      planned.push({ position, number, timestamp, calls: [] });
    }
    const time = request.block?.timestamp ?? timestamp + blockSeconds;
    if (time <= timestamp) throw timestampOrder(time, timestamp);
    timestamp = time;
    planned.push({ ...request, position, number, timestamp });
  }
  return planned;
}

class SimulationRun {
  readonly blocks: SimulatedBlock[] = [];
  readonly #engine: EvmEngine;
  readonly #request: SimulationRequest;
  readonly #context: CallContext;
  readonly #limits: SimulationLimits;
  readonly #state: BlockState;
  readonly #size: SizeLimit;
  readonly #hashes = new Map<bigint, Hash>();
  #parent: Pick<Block, "header" | "hash">;
  #gasLeft: bigint;

  constructor(engine: EvmEngine, request: SimulationRequest, context: CallContext, limits: SimulationLimits) {
    this.#engine = engine;
    this.#request = request;
    this.#context = context;
    this.#limits = limits;
    this.#gasLeft = limits.gasCap;
    // One for all blocks: what a block leaves is the ground of the next, and no root is wanted in between.
    this.#state = new BlockState(context.view);
    this.#size = new SizeLimit(request.maxBytes, "Simulate fewer calls at once, or such that return and log less.");
    this.#parent = { header: context.header, hash: hashHeader(context.header) };
    this.#hashes.set(context.header.number, this.#parent.hash);
  }

  async add(planned: PlannedBlock): Promise<void> {
    this.#size.add(BLOCK_BYTES);
    await this.#engine.pacer.pause();
    const environment = this.#environment(planned);
    applyOverrides(this.#state, planned.overrides);
    const transactions: Transaction[] = [];
    const receipts: Receipt[] = [];
    const calls: SimulatedCall[] = [];
    let gasUsed = 0n;
    for (const [index, call] of planned.calls.entries()) {
      await this.#engine.pacer.pause();
      const place = { block: planned.position, call: index };
      const tx = this.#transaction(call, environment.gasLimit - gasUsed, place);
      const { applied, logs } = await this.#apply(tx, environment, gasUsed, place);
      gasUsed += applied.gasUsed;
      this.#gasLeft -= applied.gasUsed;
      transactions.push(tx);
      receipts.push(receiptOf(tx, applied, gasUsed));
      calls.push(outcomeOf(applied, logs));
      const bytes = logs.reduce((sum, log) => sum + LOG_BYTES + 2 * log.data.length, 0);
      this.#size.add(CALL_BYTES + bytes + 2 * (applied.returnData.length + tx.data.length));
    }
    const block = createBlock(
      {
        parentHash: this.#parent.hash,
        coinbase: environment.coinbase,
        // There are no tries where calls run.
        stateRoot: zeroHash,
        transactionsRoot: transactionsRoot(transactions),
        receiptsRoot: orderedTrie(receipts.map(encodeReceipt)).root(),
        logsBloom: bloomOfReceipts(receipts),
        number: environment.number,
        gasLimit: environment.gasLimit,
        gasUsed,
        timestamp: environment.timestamp,
        extraData: emptyBytes,
        prevRandao: environment.prevRandao,
        baseFeePerGas: environment.baseFeePerGas,
      },
      transactions,
    );
    this.#hashes.set(environment.number, block.hash);
    this.#parent = block;
    this.blocks.push({ block, calls });
  }

  #environment({ block = {}, number, timestamp }: PlannedBlock): BlockEnvironment {
    return {
      coinbase: zeroAddress,
      prevRandao: zeroHash,
      gasLimit: this.#context.header.gasLimit,
      // Calls without a fee are free unless they are to be checked.
      baseFeePerGas: this.#request.validation ? nextBaseFee(this.#parent.header) : 0n,
      ...block,
      number,
      timestamp,
      hashOf: (asked) =>
        asked < number ? (this.#hashes.get(asked) ?? this.#context.environment.hashOf(asked)) : undefined,
    };
  }

  #transaction(call: CallRequest, blockGas: bigint, place: { readonly block: number; readonly call: number }) {
    const { validation } = this.#request;
    const sender = call.from ?? zeroAddress;
    const most = validation && maxTransactionGas < blockGas ? maxTransactionGas : blockGas;
    const wanted = call.gas ?? most;
    if (wanted > blockGas) {
      throw callRefused({ code: "BlockGasExceeded", available: blockGas, required: wanted }, place);
    }
    const gasLimit = wanted < this.#gasLeft ? wanted : this.#gasLeft;
    const maxFeePerGas = call.gasPrice ?? call.maxFeePerGas ?? 0n;
    const tx = unsignedTransaction(
      {
        chainId: this.#limits.chainId,
        nonce: call.nonce ?? this.#state.account(sender)?.nonce ?? 0n,
        gasLimit,
        maxFeePerGas,
        maxPriorityFeePerGas: call.gasPrice ?? call.maxPriorityFeePerGas ?? 0n,
        to: call.to,
        value: call.value ?? 0n,
        data: call.data ?? emptyBytes,
        accessList: call.accessList ?? [],
      },
      sender,
    );
    const least = intrinsicGas(tx);
    if (gasLimit < least && wanted >= least) {
      throw simulationTooLarge("the gas that one simulation may use is used up", this.#limits.gasCap);
    }
    // A call that no transaction of this chain could make may still be looked at, as with eth_call.
    const bounded = validation || wanted < maxTransactionGas ? wanted : maxTransactionGas;
    const broken = checkTransactionLimits({ ...tx, gasLimit: bounded });
    if (broken) throw callRefused(broken, place);
    return tx;
  }

  async #apply(
    tx: Transaction,
    environment: BlockEnvironment,
    gasUsed: bigint,
    place: { readonly block: number; readonly call: number },
  ): Promise<{ readonly applied: AppliedTransaction; readonly logs: AppliedTransaction["logs"] }> {
    const { validation, traceTransfers } = this.#request;
    const free = !validation && tx.maxFeePerGas === 0n && tx.maxPriorityFeePerGas === 0n;
    this.#engine.attach(this.#state, free ? { ...environment, baseFeePerGas: 0n } : environment);
    const transfers: TransferLogs | undefined = traceTransfers ? collectTransferLogs(this.#state) : undefined;
    const stop = transfers && this.#engine.observe(transfers);
    try {
      const applied = await applyTransaction(tx, this.#engine, {
        gasAvailable: environment.gasLimit - gasUsed,
        fastTransfers: !traceTransfers,
        rules: { ignoreNonces: !validation, ignoreLimits: true, ignoreSenderCode: true },
      });
      if (!applied.ok) throw callRefused(applied.rejection, place);
      return { applied: applied.value, logs: transfers?.take() ?? applied.value.logs };
    } finally {
      stop?.();
    }
  }
}

function outcomeOf({ gasUsed, maxUsedGas, returnData, error }: AppliedTransaction, logs: SimulatedCall["logs"]) {
  const outcome: SimulatedCall = { gasUsed, maxUsedGas, returnData, logs };
  if (error === undefined) return outcome;
  const failure =
    error === revertError ? { kind: "reverted" as const } : { kind: "failed" as const, reason: exceptionName(error) };
  return { ...outcome, failure };
}
