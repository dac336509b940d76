export { mayHaveForgotten, type SigningMemory } from "./amnesia.ts";
export { ancestorAtDepth, type BlockNode, descendsFrom } from "./block-tree.ts";
export {
  type Committee,
  committeeFromStakes,
  createCommittee,
  indexOfSigner,
  type StakedValidator,
  scaleWeights,
  type Validator,
  type ValidatorIndex,
  type Weight,
} from "./committee.ts";
export { createKomaBft } from "./create-koma-bft.ts";
export { Dag, type FaultKind } from "./dag.ts";
export { type DagUnit, laneAncestor, type Observation, type Panorama, skipIndex } from "./dag-unit.ts";
export { createEarlyMessages, type EarlyMessages } from "./early-messages.ts";
export type { Alarm, BlockRef, DisconnectReason, Effect, Timer } from "./effects.ts";
export { endOfTail, isDoneInEndedEra, isForEndedEra, isTailOver } from "./ended-era-rules.ts";
export { decodeEndorsement, type Endorsement, encodeEndorsement, signEndorsement } from "./endorsement.ts";
export type { EndorsementEvidence } from "./endorsement-evidence.ts";
export {
  type Era,
  type EraRules,
  firstEra,
  instanceOfEra,
  nextEra,
  type Recovery,
  recoveryEra,
  type SwitchBlock,
} from "./era.ts";
export { decodeEraAnswer, decodeEraRequest, encodeEraAnswer, encodeEraRequest } from "./era-answer.ts";
export {
  createEraCore,
  type EraBefore,
  type EraInstances,
  type EraRunConfig,
  type EraSigner,
  leftBy,
  ownIn,
} from "./era-core.ts";
export { decodeEraEnd, type EraEnd, encodeEraEnd } from "./era-end.ts";
export { EraLag } from "./era-lag.ts";
export {
  decodeParticipation,
  encodeParticipation,
  type ParticipationMark,
  type RoundMarks,
} from "./era-participation.ts";
export { type Retention, retentionOf } from "./era-retention.ts";
export { eraWork, type MemberWork } from "./era-work.ts";
export {
  createEquivocationEvidence,
  decodeEvidence,
  type EquivocationEvidence,
  type Evidence,
  type EvidenceRejection,
  encodeEvidence,
  instanceOfEvidence,
  perpetratorOf,
  verifyEvidence,
} from "./evidence.ts";
export { confidenceIn, FinalityDetector } from "./finality.ts";
export { createFinalityEvidence, type FinalityEvidence } from "./finality-evidence.ts";
export { FinalityGathering, type GatheringEffect, type OwnFinality } from "./finality-gathering.ts";
export {
  decodeFinalityProof,
  encodeFinalityProof,
  type FinalityProof,
  type FinalityRejection,
  type FinalitySignature,
  finalityProofFromRlp,
  finalityProofToRlp,
  type SignedBlock,
  signFinality,
  verifyFinalityProof,
  verifyFinalitySignature,
} from "./finality-signature.ts";
export { FinalitySignatures } from "./finality-signatures.ts";
export { forkChoice } from "./fork-choice.ts";
export {
  type ConsensusParams,
  createInstance,
  type Instance,
  type InstanceConfig,
  type KeyBlock,
  nextEraSeed,
  type UnitChecks,
} from "./instance.ts";
export {
  defaultLocalOptions,
  type KomaBft,
  type KomaBftConfig,
  type KomaBftStatus,
  type LocalOptions,
  type StoredState,
  type StoredUnit,
} from "./koma-bft.ts";
export { producerOf, type Slot, sealerOf } from "./leader.ts";
export {
  type ConsensusMessage,
  decodeMessage,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  MAX_PAYLOAD_BYTES,
  type MessageBody,
  type PeerId,
} from "./messages.ts";
export { isCorrect, panoramaRoot } from "./panorama.ts";
export {
  participationIn,
  type RewardAmounts,
  type RoundParticipation,
  type RoundRecord,
  recordChain,
  recordRound,
  rewardsForRound,
  type ValidatorRecord,
} from "./participation.ts";
export { followEnds, type ProvenEnd } from "./proven-end.ts";
export { requiredQuorum, type Strength, thresholdFromFraction } from "./quorum.ts";
export { type Rotation, type RotationShortfall, rotate } from "./rotation.ts";
export type { RoundLengthState } from "./round-length.ts";
export type { OwnHead } from "./schedule.ts";
export type { SignedHeader } from "./signed-header.ts";
export type { Confidence } from "./summit.ts";
export {
  consensusDomain,
  hashBody,
  hashHeader,
  headerDigest,
  identifyUnit,
  SEEN_FAULTY,
  SEEN_NOTHING,
  type SignedUnit,
  signUnit,
  type UnitBody,
  type UnitHash,
  type UnitHeader,
  type WireUnit,
} from "./unit.ts";
export { type CodecRejection, decodeUnit, encodeUnit } from "./unit-codec.ts";
export type { OwnValidator } from "./unit-maker.ts";
export type { RecentUnits, UnitView } from "./unit-view.ts";
export {
  type CheckedUnit,
  checkCitations,
  checkContent,
  checkIdentified,
  missingDependencies,
  type UnitRejection,
} from "./validity.ts";
export { countVotes, tallyBranches, type VoteTally } from "./vote-tally.ts";
