export type { BlockStore, StoredTransaction } from "./blocks.ts";
export type { CheckpointStatus, CheckpointStore, StoredCheckpoint } from "./checkpoints.ts";
export type { DepositStore, StoredDeposit } from "./deposits.ts";
export type { EraStore, StoredEra } from "./eras.ts";
export { isStoreFull } from "./errors.ts";
export type { FinalStateStore } from "./final-state.ts";
export type { FinalityMark, FinalityStore } from "./finality-marks.ts";
export type { InstanceStore, StoredInstance } from "./instances.ts";
export { type LocatedLog, type LogFilter, type LogPage, matchesFilter } from "./log-filter.ts";
export type { MetaStore } from "./meta.ts";
export { openStore, type Store, type StoreOptions } from "./open-store.ts";
export type {
  CheckpointRange,
  OwnCheckpointSignature,
  OwnFinalitySignature,
  OwnSignatureStore,
} from "./own-signatures.ts";
export type { PaymentStore, StoredPayment } from "./payments.ts";
export type { CoveredTime, OwnRecord, ProtectionConflict, ProtectionEntry, ProtectionStore } from "./protection.ts";
export {
  type ChainReader,
  type ConsensusReader,
  openChainReader,
  openConsensusReader,
  openStateReader,
  type StateReader,
} from "./read-only.ts";
export type { FinalBlock, RunTransaction, StateChanges, StorageChange, TransactionOutcome } from "./state-types.ts";
export type { StoredEndorsement, StoredUnit } from "./unit-rows.ts";
export type { OwnHead, UnitStore } from "./units.ts";
