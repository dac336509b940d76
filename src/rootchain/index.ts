export * from "./artifacts.ts";
export type { ChainRegistration } from "./chain-registration.ts";
export { childTokenCodeHash } from "./chain-registration.ts";
export * from "./challenges.ts";
export * from "./checkpoint.ts";
export * from "./checkpoints.ts";
export * from "./connect-root-chain.ts";
export * from "./contract-error.ts";
export {
  type BlockPart,
  blockParts,
  type DataChunk,
  type DataDemands,
  type Demand,
  type DemandState,
  demandFromEvent,
  leastDemand,
  type OpenedDemand,
} from "./data-demands.ts";
export * from "./delegations.ts";
export * from "./deploy.ts";
export type { KmcAllocation, RootContractName, RootContracts } from "./deployment-plan.ts";
export { requireRootContracts, rootContractNames } from "./deployment-plan.ts";
export * from "./deposits.ts";
export * from "./elections.ts";
export * from "./event-log.ts";
export * from "./exits.ts";
export {
  type Claim,
  type ClaimState,
  claimFromEvent,
  type InteractiveChallenges,
  type OpenedChallenge,
} from "./interactive-challenges.ts";
export type { RootRpc } from "./json-rpc.ts";
export { createRootRpc, RootRpcError } from "./json-rpc.ts";
export type { RootParameters } from "./parameters.ts";
export { checkParameters, chooseParameters, devnetParameters } from "./parameters.ts";
export * from "./predeploys.ts";
export * from "./producer-stats-layout.ts";
export type { RegisteredChain, Registry } from "./registry.ts";
export * from "./rewards.ts";
export type { EventArgument, RootEvent } from "./root-event.ts";
export {
  bitmapOf,
  isSameSet,
  type RecordedRootSet,
  type RootSeat,
  readRootSet,
  rootInfoStorage,
  seatWord,
} from "./root-info-layout.ts";
export type { RootToken } from "./root-token.ts";
export type { RawLog, RootCall, SentTransaction } from "./sent-transaction.ts";
export * from "./stakes.ts";
export type { TransactionSender, TransactionSenderOptions } from "./transaction-sender.ts";
export { createDryRunSender, createTransactionSender } from "./transaction-sender.ts";
export * from "./well-known-contracts.ts";
export * from "./work-rewards.ts";
