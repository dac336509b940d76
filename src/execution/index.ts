export type { RuleChanges, TransactionRejection } from "./apply-transaction.ts";
export type { CallAnswers, CallJob, CallRunner, CallSite, SiteLayer } from "./call-jobs.ts";
export { createExecutor, type ExecutorOptions } from "./ethereumjs-executor.ts";
export type {
  AccessListResult,
  AccountProof,
  BuildParameters,
  BuiltBlock,
  CallRequest,
  CallResult,
  Executor,
  GasEstimate,
} from "./executor.ts";
export { type KnownSite, type SiteReader, SiteRunner, type SiteRunnerOptions } from "./site-runner.ts";
export type { ExecutedBlock, StateDiff, StateStore, StorageDiff, TransactionResult } from "./state-store.ts";
export type { StateView } from "./state-view.ts";
