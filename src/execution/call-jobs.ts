import type { BlockHeader, BlockOverrides, SimulatedBlock, StateOverrides, TraceOptions } from "../chain/index.ts";
import type { Hash } from "../primitives/index.ts";
import type { AccessListResult, CallRequest, CallResult, GasEstimate } from "./executor.ts";
import type { SimulationRequest } from "./simulate.ts";
import type { StateDiff } from "./state-store.ts";
import type { BlockToTrace } from "./trace-jobs.ts";

/** What is to be different while a call runs. */
export interface Pretended {
  readonly overrides?: StateOverrides;
  readonly block?: BlockOverrides;
}

/** A question to the EVM that changes nothing, as plain data: another thread can answer it. */
export type CallJob =
  | ({ readonly kind: "call"; readonly request: CallRequest } & Pretended)
  | ({ readonly kind: "estimateGas"; readonly request: CallRequest } & Pretended)
  | { readonly kind: "createAccessList"; readonly request: CallRequest }
  | ({
      readonly kind: "traceCall";
      readonly request: CallRequest;
      readonly trace: TraceOptions;
      /** Largest answer, bytes. */
      readonly maxBytes: number;
    } & Pretended)
  | ({ readonly kind: "traceBlock" } & BlockToTrace)
  | ({ readonly kind: "simulate" } & SimulationRequest);

/** The answer to each kind of {@link CallJob}. */
export interface CallAnswers {
  readonly call: CallResult;
  readonly estimateGas: GasEstimate;
  readonly createAccessList: AccessListResult;
  /** JSON. */
  readonly traceCall: string;
  /** JSON: of the only transaction, or a list of `{txHash, result}`. */
  readonly traceBlock: string;
  readonly simulate: readonly SimulatedBlock[];
}

/** What an executed block that is not final changed. */
export interface SiteLayer {
  readonly hash: Hash;
  readonly header: BlockHeader;
  readonly diff: StateDiff;
}

/** The block after which a call runs: a final one, and those that are executed and not final from there up. */
export interface CallSite {
  readonly base: { readonly number: bigint; readonly hash: Hash };
  /** Parents first; none when the block is the final one. */
  readonly layers: readonly SiteLayer[];
}

/** Answers calls in other threads. What is thrown is what the executor throws. */
export interface CallRunner {
  run<J extends CallJob>(job: J, site: CallSite): Promise<CallAnswers[J["kind"]]>;
}
