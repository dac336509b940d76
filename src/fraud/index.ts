export {
  type CaseRootChain,
  type FoundFault,
  type FraudCase,
  findFraud,
  openCase,
  openLookup,
  type ProvenFault,
  pendingCheckpoints,
  proveFraud,
  type RefusedFault,
  type UnreadCheckpoint,
} from "./case.ts";
export {
  type CheckedFile,
  type CheckpointLookup,
  checkChallenge,
  checkInclusion,
  type FileCheck,
  type FileOutcome,
} from "./check-file.ts";
export { checkOffline, type OfflineFacts } from "./check-offline.ts";
export { checkpointNumbers, checkpointsUnder, type ProofContent } from "./checkpoints-under.ts";
export { claimedFault, type NamedEvidence } from "./claimed-fault.ts";
export { bountySalt, claimByCommitment, commitTo } from "./commitment.ts";
export { craftConsensusChallenge } from "./consensus-evidence.ts";
export {
  type ContradictionSearch,
  type ContradictionSource,
  contradictionTypes,
  searchContradictions,
} from "./contradictions.ts";
export { crossReceivedTopic } from "./cross-logs.ts";
export { type Debt, type DebtSource, debtsTo, type HeldBounty, unsettledBounties } from "./debts.ts";
export { readDeliverCall } from "./delivery-call.ts";
export { readDeliveryLog } from "./delivery-rules.ts";
export { demandData, describeDemand, type MadeDemand } from "./demand-data.ts";
export { systemEvents } from "./event-shapes.ts";
export type { Challenge } from "./evidence.ts";
export { expectedBounty } from "./expected-bounty.ts";
export { findAnswer } from "./find-answer.ts";
export type { Fault, Position, Scan, ScannedCheckpoint, ScanRules } from "./find-faults.ts";
export { describeGap, type Gap, type KnownDeposit } from "./find-gaps.ts";
export { entriesOf, faultOfContinuity, type LogPosition } from "./find-log-history-faults.ts";
export { craftChallenge, describeFault, findFaults } from "./finders.ts";
export {
  checkpointsAbout,
  type FraudSearch,
  openEvidence,
  proveNamed,
  type Refusal,
  type SearchGround,
  searchDoubleSigners,
  searchFraud,
  searchGaps,
} from "./fraud-search.ts";
export { craftGapChallenge } from "./gap-evidence.ts";
export {
  blockOf,
  type Inclusion,
  type InclusionType,
  looksLikeInclusion,
  parseInclusion,
  serializeInclusion,
  verifyInclusion,
} from "./inclusion-file.ts";
export { type FraudKind, fraudKindOf, fraudKinds, type OffenceClass, provableKinds } from "./kinds.ts";
export { encodeContinuity } from "./log-evidence.ts";
export { type NamedCheckpoint, readCheckpoints } from "./named-checkpoints.ts";
export { isAbout, type NamedPlaces } from "./named-places.ts";
export { findChallenge, headerOfClaim } from "./open-challenges.ts";
export { type PendingChallenge, pendingChallenges } from "./pending-challenges.ts";
export { type ProofFile, parseChallenge, serializeChallenge } from "./proof-file.ts";
export { type ProvenGap, proveGap } from "./prove-gap.ts";
export { carryOut, collectBounty, finishSentence, type Punishment, punish, type SlashedSeat } from "./punish.ts";
export { scanCheckpoint } from "./scan.ts";
export { type SentChallenge, sendChallenge } from "./send-challenge.ts";
export {
  answerDemand,
  craftDataAnswer,
  type DataAnswered,
  demandName,
  findDemand,
  findUnavailable,
  isDemandName,
  knownOf,
  nextDemand,
} from "./unavailable.ts";
export {
  type ScanMemory,
  type WatchEvent,
  type WatchedFault,
  type WatchPorts,
  watchFraud,
  watchRound,
} from "./watch.ts";
