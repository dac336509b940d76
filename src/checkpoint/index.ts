export {
  type ArchivedBlock,
  type ChainArchive,
  notCheckpointed,
  type OpenedCheckpoint,
  openCheckpoint,
  proveBlockInCheckpoint,
  type SubmittedCheckpoint,
} from "./archive.ts";
export { buildCheckpoint, type CheckpointedBlock, type CheckpointSlot } from "./build.ts";
export {
  type Collection,
  type CollectionPlan,
  collectCheckpoint,
  type QuorumHeight,
  quorumHeight,
  type Staker,
} from "./collect.ts";
export {
  collectGiven,
  collectLate,
  type LateCollection,
  type LatePlan,
  type LateSignature,
  signLate,
} from "./collect-late.ts";
export { createDoubleVoteWatch, type DoubleVote, type DoubleVoteWatch } from "./double-votes.ts";
export { checkpointHistory, type HistoricCheckpoint } from "./history.ts";
export { type CheckpointCheck, type InspectedCheckpoint, inspectCheckpoint } from "./inspect.ts";
export { type Interval, type IntervalRules, planInterval } from "./interval.ts";
export type { PendingCheckpoint } from "./late-attestation.ts";
export { signedLeaves } from "./leaves.ts";
export { readHeaders, readLeaves } from "./leaves-answer.ts";
export { type CheckpointVote, decodeVote, encodeVote } from "./messages.ts";
export { type BlockSource, type CheckpointReader, createNetworkArchive, isWhole } from "./network-archive.ts";
export { drawProposer, type StakedSeat } from "./proposer.ts";
export { createCheckpointReader, describeRecord, findCovering, type RootCheckpoints } from "./root-reader.ts";
export {
  type CheckpointHead,
  type CheckpointPorts,
  type CheckpointRootChain,
  type CheckpointService,
  type CheckpointServiceConfig,
  type CheckpointServiceStatus,
  type CheckpointSource,
  createCheckpointService,
  type SignedCheckpoints,
} from "./service.ts";
export { type Certificate, createSignatureCollector, type SignatureCollector } from "./signatures.ts";
export { type CheckpointEvent, type CheckpointWatchPorts, watchCheckpoints } from "./watch.ts";
