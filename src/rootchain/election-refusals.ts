import type { ErrorArgument, Refusal } from "./refusals.ts";

const clock = (seconds: ErrorArgument | undefined): string => new Date(Number(seconds ?? 0) * 1000).toISOString();

/** What the refusals of the election of producers mean to whoever meets them. */
export const ELECTION_REFUSALS: Readonly<Record<string, Refusal>> = {
  NotValidator: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not active, and only active validators can be producers.`,
    fix: ["koma validator list"],
  },
  NomineeExists: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ id }) => `${id} stands already, or has not claimed the stake of its last nomination.`,
    fix: ["koma producer list"],
  },
  NotNominee: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ id }) => `${id} does not stand for producer.`,
    fix: ["koma producer list"],
  },
  NomineeCapReached: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ max }) => `${max} nominees stand already, and there are no more places.`,
  },
  InOffice: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ id }) => `${id} holds a producer's seat.`,
    fix: ["koma producer replace, with --reason resigned, gives the seat up."],
  },
  NothingLocked: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ id }) => `${id} has no producer stake to give back, or still stands.`,
  },
  StillLocked: {
    code: "KOMA_E_STILL_BONDED",
    sentence: ({ until }) => `the producer stake is locked until ${clock(until)}.`,
  },
  AlreadyCertified: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ upTo }) => `blocks up to ${upTo} have been certified before, and none counts twice.`,
    fix: ["Certify later blocks."],
  },
  NotConvicted: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ key }) => `no verdict was given against the key ${key}.`,
    fix: ["koma producer replace, with --reason offline, is for producers that miss their blocks."],
  },
  KeyBarred: {
    code: "KOMA_E_KEY_BARRED",
    sentence: ({ key }) => `the key ${key} was convicted and can never produce again.`,
  },
  KeyTaken: {
    code: "KOMA_E_SIGNER_TAKEN",
    sentence: ({ key }) => `the key ${key} belongs to another validator.`,
  },
  BadKeyProof: {
    code: "KOMA_E_SIGNER_PROOF",
    sentence: () => "the producer key has not agreed, with a signature, to seal for this validator.",
    fix: ["Name the key with --producer-key, so that koma has it sign."],
  },
  CriteriaFrozen: {
    code: "KOMA_E_VOTE_OPEN",
    sentence: ({ until }) => `a vote is under way; nominations hold still until ${clock(until)}.`,
    fix: ["koma producer tally"],
  },
  VotingClosed: {
    code: "KOMA_E_VOTE_CLOSED",
    sentence: ({ opens, closes }) => `voting is open from ${clock(opens)} to ${clock(closes)}.`,
    fix: ["koma producer tally"],
  },
  NotClosed: {
    code: "KOMA_E_VOTE_OPEN",
    sentence: ({ closes }) => `voting goes on until ${clock(closes)}.`,
    fix: ["koma producer tally"],
  },
  AlreadySettled: {
    code: "KOMA_E_ELECTION_SETTLED",
    sentence: ({ tenure }) => `the vote for tenure ${tenure} was settled before.`,
    fix: ["koma producer list"],
  },
  TooManyChoices: {
    code: "KOMA_E_BALLOT_INVALID",
    sentence: ({ given, max }) => `${given} choices on a ballot, at most ${max} are allowed.`,
  },
  NoChoice: { code: "KOMA_E_BALLOT_INVALID", sentence: () => "a ballot names at least one nominee." },
  DuplicateChoice: {
    code: "KOMA_E_BALLOT_INVALID",
    sentence: ({ id }) => `nominee ${id} stands on the ballot twice.`,
  },
  NoVotingPower: {
    code: "KOMA_E_NO_VOTING_POWER",
    sentence: ({ voter }) => `no power of validator ${voter} was the sender's when voting opened.`,
  },
  NotInOffice: {
    code: "KOMA_E_NOMINEE_STATE",
    sentence: ({ key }) => `${key} holds no producer's seat.`,
    fix: ["koma producer list --set current"],
  },
  NotProducer: {
    code: "KOMA_E_NOT_OWNER",
    sentence: ({ caller }) => `${caller} does not speak for that producer.`,
  },
  PoolEmpty: {
    code: "KOMA_E_PRODUCER_POOL_EMPTY",
    sentence: () => "it is the last producer, and nobody can take its seat.",
    fix: ["koma producer nominate"],
  },
  NotOffline: {
    code: "KOMA_E_EVIDENCE_INVALID",
    sentence: () => "the certificate says that nothing was missed.",
  },
};
