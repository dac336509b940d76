import {
  type Block,
  decodeBlock,
  describeBlockRejection,
  type TraceOptions,
  type Transaction,
} from "../chain/index.ts";
import { ProtocolError, UserError } from "../errors.ts";
import type { Bytes } from "../primitives/index.ts";
import { applyTransaction } from "./apply-transaction.ts";
import { BlockState } from "./block-state.ts";
import type { CallContext } from "./calls.ts";
import { environmentOf } from "./check-block.ts";
import type { EvmEngine } from "./evm-engine.ts";
import { createCallTracer } from "./tracing/call-tracer.ts";
import { createPrestateTracer, WatchedBlockState } from "./tracing/prestate-tracer.ts";
import { SizeLimit } from "./tracing/size-limit.ts";
import { createStructTracer } from "./tracing/struct-tracer.ts";
import type { TraceOutcome, Tracer } from "./tracing/tracer.ts";

/** A block whose transactions are to be traced, on the state after its parent. */
export interface BlockToTrace {
  readonly block: Bytes;
  /** Position of the only transaction to tell about; left out for all. */
  readonly only?: number;
  readonly trace: TraceOptions;
  /** Largest answer, bytes. */
  readonly maxBytes: number;
}

/** The state and the tracer that go together. */
export function prepareTrace(trace: TraceOptions, below: BlockState | CallContext["view"], size: SizeLimit) {
  const watched = trace.kind === "prestate" ? new WatchedBlockState(below) : undefined;
  const state = watched ?? new BlockState(below);
  return { state, tracer: () => createTracer(trace, state, size), forget: () => watched?.forget() };
}

function createTracer(trace: TraceOptions, state: BlockState, size: SizeLimit): Tracer {
  switch (trace.kind) {
    case "struct":
      return createStructTracer(trace, () => state, size);
    case "calls":
      return createCallTracer(trace, () => state, size);
    case "prestate":
      return createPrestateTracer(trace.diff, () => state as WatchedBlockState, size);
  }
}

/**
 * Runs a block again and tells what its transactions did.
 *
 * @param parent  the state after the block's parent
 * @returns JSON: the trace of the only transaction, or a list of `{txHash, result}`
 * @throws {UserError} KOMA_E_RPC_LIMIT
 */
export async function traceBlock(engine: EvmEngine, asked: BlockToTrace, parent: CallContext, chainId: bigint) {
  const size = new SizeLimit(asked.maxBytes);
  const block = readBlock(asked.block, chainId);
  const last = asked.only ?? block.transactions.length - 1;
  if (last >= block.transactions.length)
    throw new UserError("KOMA_E_RPC_PARAMS_INVALID", "transaction index out of range");
  const { state, tracer: newTracer, forget } = prepareTrace(asked.trace, parent.view, size);
  const { number, parentHash } = block.header;
  const hashOf = (wanted: bigint) => (wanted === number - 1n ? parentHash : parent.environment.hashOf(wanted));
  engine.attach(state, environmentOf(block.header, hashOf));
  let gasAvailable = block.header.gasLimit;
  const results: { readonly txHash: string; readonly result: unknown }[] = [];
  for (const [index, tx] of block.transactions.slice(0, last + 1).entries()) {
    await engine.pacer.pause();
    forget();
    const traced = asked.only === undefined || asked.only === index;
    const tracer = traced ? newTracer() : undefined;
    const { gasUsed } = await runTransaction(engine, tx, gasAvailable, tracer);
    gasAvailable -= gasUsed;
    if (tracer) results.push({ txHash: tx.hash, result: tracer.result({ gasLimit: tx.gasLimit, gasUsed }) });
  }
  return JSON.stringify(asked.only === undefined ? results : results[0]?.result);
}

async function runTransaction(
  engine: EvmEngine,
  tx: Transaction,
  gasAvailable: bigint,
  tracer: Tracer | undefined,
): Promise<Pick<TraceOutcome, "gasUsed">> {
  const stop = tracer && engine.observe(tracer);
  try {
    const applied = await applyTransaction(tx, engine, { gasAvailable, fastTransfers: tracer === undefined });
    if (applied.ok) return applied.value;
    throw new ProtocolError(
      "KOMA_E_TX_INVALID",
      `transaction ${tx.hash} cannot be run again: ${applied.rejection.code}`,
    );
  } finally {
    stop?.();
  }
}

function readBlock(bytes: Bytes, chainId: bigint): Block {
  const block = decodeBlock(bytes, chainId);
  if (!block.ok) throw new ProtocolError("KOMA_E_BLOCK_MALFORMED", describeBlockRejection(block.rejection));
  return block.value;
}
