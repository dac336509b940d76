import { type BlockHeader, emptyCodeHash, intrinsicGas, type StateOverrides } from "../chain/index.ts";
import { assertNever, KomaError, ProtocolError } from "../errors.ts";
import { emptyBytes, type Hash, zeroAddress } from "../primitives/index.ts";
import { gasAfterRefund } from "./apply-transaction.ts";
import { BlockState, emptyAccount } from "./block-state.ts";
import type { CallAnswers, CallJob, Pretended } from "./call-jobs.ts";
import type { EnginePool } from "./engine-pool.ts";
import {
  type AccessReport,
  type BlockEnvironment,
  type EvmEngine,
  type EvmMessage,
  revertError,
} from "./evm-engine.ts";
import { exceptionName } from "./evm-error-names.ts";
import type { AccessListResult, CallRequest, CallResult, GasEstimate } from "./executor.ts";
import { simulate } from "./simulate.ts";
import { applyOverrides } from "./state-overrides.ts";
import type { StateView } from "./state-view.ts";
import { prepareTrace, traceBlock } from "./trace-jobs.ts";
import { SizeLimit } from "./tracing/size-limit.ts";

/** Where a call runs: a state and the block it belongs to. */
export interface CallContext {
  readonly view: StateView;
  readonly environment: BlockEnvironment;
  readonly header: BlockHeader;
}

/** A context with what the request wants to be different. */
interface ChangedContext extends CallContext {
  readonly overrides?: StateOverrides | undefined;
}

/** A call's outcome with what only the estimate needs. */
interface Attempt {
  readonly result: CallResult;
  readonly refund: bigint;
  readonly accesses?: AccessReport;
}

/** go-ethereum stops looking when the bounds are this close, relative to the upper one: 1.5 %. */
const ESTIMATE_TOLERANCE_PER_MILLE = 15n;
const CALL_STIPEND = 2_300n;
const TRANSFER_GAS = 21_000n;
/** Each round may reveal slots that the last one's list made reachable; in practice the second is the last. */
const ACCESS_LIST_ROUNDS = 4;

/** Calls, estimates and access lists on read-only states, beside block execution. */
export class Calls {
  readonly #pool: EnginePool;
  readonly #gasCap: bigint;
  readonly #chainId: bigint;

  /** @param gasCap  most gas one call may use */
  constructor(pool: EnginePool, gasCap: bigint, chainId: bigint) {
    this.#chainId = chainId;
    this.#pool = pool;
    this.#gasCap = gasCap;
  }

  /** @param onTurn  called whenever this job, among others, is given the thread */
  async run<J extends CallJob>(job: J, context: CallContext, onTurn?: () => void): Promise<CallAnswers[J["kind"]]> {
    const answer = await this.#pool.use((engine) => this.#answer(engine, job, context), onTurn);
    return answer as CallAnswers[J["kind"]];
  }

  #answer(engine: EvmEngine, job: CallJob, context: CallContext): Promise<CallAnswers[CallJob["kind"]]> {
    switch (job.kind) {
      case "call":
        return this.#call(engine, job.request, changed(context, job));
      case "estimateGas":
        return this.#estimateGas(engine, job.request, changed(context, job));
      case "createAccessList":
        return this.#createAccessList(engine, job.request, context);
      case "traceCall":
        return this.#traceCall(engine, job, changed(context, job));
      case "traceBlock":
        return traceBlock(engine, job, context, this.#chainId);
      case "simulate":
        return simulate(engine, job, context, { chainId: this.#chainId, gasCap: this.#gasCap });
      default:
        return assertNever(job);
    }
  }

  async #call(engine: EvmEngine, request: CallRequest, context: ChangedContext): Promise<CallResult> {
    const { result } = await this.#attempt(engine, request, context, this.#limit(request, context));
    return result;
  }

  /**
   * Finds the least sufficient gas by halving, starting from what an unbounded run used. The 63/64 rule makes more gas
   * necessary than is used: nested calls get at most 63/64 of what is left (EIP-150).
   */
  async #estimateGas(engine: EvmEngine, request: CallRequest, context: ChangedContext): Promise<GasEstimate> {
    let high = this.#affordable(request, context, this.#limit(request, context));
    const most = await this.#attempt(engine, request, context, high);
    if (most.result.kind !== "success") return most.result;
    if (isTransfer(request, context, most.result.gasUsed)) return { kind: "success", gas: TRANSFER_GAS };
    const succeeds = async (gas: bigint) =>
      (await this.#attempt(engine, request, context, gas)).result.kind === "success";
    let low = most.result.gasUsed - 1n;
    const guess = ((most.result.gasUsed + most.refund + CALL_STIPEND) * 64n) / 63n;
    if (guess < high) {
      if (await succeeds(guess)) high = guess;
      else low = guess;
    }
    while (low + 1n < high && (high - low) * 1_000n > high * ESTIMATE_TOLERANCE_PER_MILLE) {
      // Most messages need little more than they use: look near the lower bound first.
      const middle = (high + low) / 2n < low * 2n ? (high + low) / 2n : low * 2n;
      if (await succeeds(middle)) high = middle;
      else low = middle;
    }
    return { kind: "success", gas: high };
  }

  /** Addresses and slots the message touches, and its gas when it announces them (EIP-2930). */
  async #createAccessList(engine: EvmEngine, request: CallRequest, context: CallContext): Promise<AccessListResult> {
    const limit = this.#limit(request, context);
    let current: CallRequest = request;
    for (let round = 0; ; round++) {
      const { result, accesses } = await this.#attempt(engine, current, context, limit);
      // Without accesses it did not even start.
      if (accesses === undefined && result.kind !== "success") return result;
      const accessList = [...(accesses ?? [])].map(([address, slots]) => ({ address, storageKeys: [...slots] }));
      if (round === ACCESS_LIST_ROUNDS || sameSize(current.accessList ?? [], accessList)) {
        const error = result.kind === "reverted" ? "execution reverted" : result.kind === "failed" ? result.error : "";
        return { kind: "success", accessList, gasUsed: result.gasUsed, ...(error === "" ? {} : { error }) };
      }
      current = { ...current, accessList };
    }
  }

  async #traceCall(
    engine: EvmEngine,
    { request, trace, maxBytes }: Extract<CallJob, { kind: "traceCall" }>,
    context: ChangedContext,
  ): Promise<string> {
    const limit = this.#limit(request, context);
    const { state, tracer: newTracer, forget } = prepareTrace(trace, context.view, new SizeLimit(maxBytes));
    const tracer = newTracer();
    let begun = false;
    const stop = engine.observe({
      ...tracer,
      onEnter(frame) {
        begun = true;
        tracer.onEnter?.(frame);
      },
    });
    try {
      const { result } = await this.#attempt(engine, request, context, limit, { state, ready: forget });
      if (!begun && result.kind === "failed") throw new ProtocolError("KOMA_E_EXECUTION_FAILED", result.error);
      return JSON.stringify(tracer.result({ gasLimit: limit, gasUsed: result.gasUsed }));
    } finally {
      stop();
    }
  }

  #limit(request: CallRequest, { environment }: CallContext): bigint {
    const most = this.#gasCap < environment.gasLimit ? this.#gasCap : environment.gasLimit;
    return request.gas !== undefined && request.gas < most ? request.gas : most;
  }

  /** No more gas than the sender could pay for, so that the estimate is one they can send. */
  #affordable(request: CallRequest, { view, overrides }: ChangedContext, limit: bigint): bigint {
    const price = request.gasPrice ?? request.maxFeePerGas ?? 0n;
    if (price === 0n) return limit;
    const from = request.from ?? zeroAddress;
    const balance = overrides?.[from]?.balance ?? view.account(from)?.balance ?? 0n;
    const spare = balance - (request.value ?? 0n);
    const affordable = spare <= 0n ? 0n : spare / price;
    return affordable < limit ? affordable : limit;
  }

  async #attempt(
    engine: EvmEngine,
    request: CallRequest,
    { view, environment, overrides }: ChangedContext,
    gasLimit: bigint,
    { state, ready }: { readonly state: BlockState; ready?(): void } = { state: new BlockState(view) },
  ): Promise<Attempt> {
    applyOverrides(state, overrides);
    ready?.();
    const price = callPrice(request, environment.baseFeePerGas);
    const message = callMessage(request, gasLimit, price);
    const intrinsic = intrinsicGas({ data: message.data, to: message.to, accessList: message.accessList });
    if (gasLimit < intrinsic) return failed(`intrinsic gas too low: gas ${gasLimit}, minimum needed ${intrinsic}`);
    const sender = state.account(message.from) ?? emptyAccount;
    const cost = message.value + gasLimit * price;
    if (sender.balance < cost) {
      return failed(`insufficient funds for gas * price + value: have ${sender.balance} want ${cost}`);
    }
    state.setAccount(message.from, {
      ...sender,
      nonce: (request.nonce ?? sender.nonce) + 1n,
      balance: sender.balance - gasLimit * price,
    });
    // A free call sees a base fee of zero, as in go-ethereum: otherwise it could not be free.
    engine.attach(state, price === 0n ? { ...environment, baseFeePerGas: 0n } : environment);
    try {
      let accesses: AccessReport | undefined;
      const outcome = await engine.run({ ...message, gasLimit: gasLimit - intrinsic }, (report) => {
        accesses = report;
      });
      const gasUsed = gasAfterRefund(intrinsic + outcome.gasUsed, outcome.gasRefund);
      return { result: callResult(outcome, gasUsed), refund: outcome.gasRefund, ...(accesses ? { accesses } : {}) };
    } catch (error) {
      engine.reset();
      if (error instanceof KomaError) throw error;
      return failed(`the engine failed: ${String(error)}`);
    }
  }
}

function changed(context: CallContext, { overrides, block }: Pretended): ChangedContext {
  return { ...context, environment: { ...context.environment, ...block }, overrides };
}

function callMessage(request: CallRequest, gasLimit: bigint, gasPrice: bigint): EvmMessage {
  return {
    from: request.from ?? zeroAddress,
    to: request.to,
    value: request.value ?? 0n,
    data: request.data ?? emptyBytes,
    gasLimit,
    gasPrice,
    accessList: request.accessList ?? [],
  };
}

function callPrice(request: CallRequest, baseFee: bigint): bigint {
  if (request.gasPrice !== undefined) return request.gasPrice;
  if (request.maxFeePerGas === undefined || request.maxFeePerGas === 0n) return 0n;
  const price = baseFee + (request.maxPriorityFeePerGas ?? 0n);
  return price < request.maxFeePerGas ? price : request.maxFeePerGas;
}

function callResult(outcome: Awaited<ReturnType<EvmEngine["run"]>>, gasUsed: bigint): CallResult {
  if (outcome.error === undefined) {
    return {
      kind: "success",
      returnData: outcome.returnData,
      gasUsed,
      logs: outcome.logs,
      ...(outcome.contractAddress === undefined ? {} : { contractAddress: outcome.contractAddress }),
    };
  }
  if (outcome.error === revertError) return { kind: "reverted", returnData: outcome.returnData, gasUsed };
  return { kind: "failed", error: exceptionName(outcome.error), gasUsed };
}

function failed(error: string): Attempt {
  return { result: { kind: "failed", error, gasUsed: 0n }, refund: 0n };
}

function isTransfer(request: CallRequest, { view, overrides }: ChangedContext, gasUsed: bigint): boolean {
  if (request.to === undefined || gasUsed !== TRANSFER_GAS || overrides?.[request.to]?.code !== undefined) return false;
  return (view.account(request.to)?.codeHash ?? emptyCodeHash) === emptyCodeHash;
}

function sameSize(
  a: readonly { readonly storageKeys: readonly Hash[] }[],
  b: readonly { readonly storageKeys: readonly Hash[] }[],
): boolean {
  const size = (list: typeof a) => list.reduce((sum, entry) => sum + 1 + entry.storageKeys.length, 0);
  return size(a) === size(b);
}
