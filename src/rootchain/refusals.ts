import { formatAmount } from "../primitives/index.ts";
import { ELECTION_REFUSALS } from "./election-refusals.ts";
import { WORK_REFUSALS } from "./work-refusals.ts";

/** An argument of a custom error, as it was decoded. */
export type ErrorArgument = string | bigint | boolean;

/** What a person is told of one kind of refusal. */
export interface Refusal {
  readonly code: string;
  sentence(args: Readonly<Record<string, ErrorArgument>>): string;
  readonly fix?: readonly string[];
}

const kmc = (value: ErrorArgument | undefined): string => `${formatAmount(BigInt(value ?? 0))} KMC`;

/** What the custom errors mean to whoever meets them. Those that are missing are shown by their own name. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  ...ELECTION_REFUSALS,
  ...WORK_REFUSALS,
  StakeTooSmall: {
    code: "KOMA_E_STAKE_LOW",
    sentence: ({ got, min }) => `the stake is too low: ${kmc(got)} offered, at least ${kmc(min)} asked for.`,
    fix: ["Offer more with --stake."],
  },
  NoFreeSeat: {
    code: "KOMA_E_NO_FREE_SEAT",
    sentence: () => "all seats of validators are taken.",
    fix: ["Offer more than 110 % of the smallest stake to take its seat, or wait until somebody leaves."],
  },
  SignerTaken: {
    code: "KOMA_E_SIGNER_TAKEN",
    sentence: ({ signer }) => `the signer key ${signer} belongs to a validator already.`,
    fix: ["Use another signer key."],
  },
  BadSignerProof: {
    code: "KOMA_E_SIGNER_PROOF",
    sentence: () => "the signer key's proof of possession is not by that key.",
  },
  StillBonded: {
    code: "KOMA_E_STILL_BONDED",
    sentence: ({ until }) => `the stake is bonded until ${until} (Unix time).`,
  },
  CooldownActive: {
    code: "KOMA_E_COOLDOWN",
    sentence: ({ untilEpoch }) => `the key can be changed again in epoch ${untilEpoch}.`,
  },
  SlashPending: {
    code: "KOMA_E_SLASH_PENDING",
    sentence: ({ offenceId }) => `a slash of this seat has not been executed yet (offence ${offenceId}).`,
  },
  NotOwner: {
    code: "KOMA_E_NOT_OWNER",
    sentence: ({ id }) => `validator ${id} belongs to another account.`,
    fix: ["koma validator list", "Sign with the owner's key, or that of its node."],
  },
  NotActive: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not active.`,
  },
  NotUnbonding: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not unbonding.`,
  },
  NotEnoughShares: {
    code: "KOMA_E_DELEGATION_LOW",
    sentence: () => "the account has not delegated that much to this validator.",
    fix: ["koma validator status ID --key ACCOUNT"],
  },
  AmountTooSmall: {
    code: "KOMA_E_AMOUNT_LOW",
    sentence: () => "the amount is too small for a share.",
  },
  PoolExhausted: {
    code: "KOMA_E_POOL_EXHAUSTED",
    sentence: ({ id }) => `the stake delegated to validator ${id} was slashed to nothing; it takes no more.`,
    fix: ["Delegate to another validator: koma validator list"],
  },
  NoUndelegation: {
    code: "KOMA_E_UNDELEGATION_UNKNOWN",
    sentence: ({ nonce }) => `there is no undelegation ${nonce}, or it was paid before.`,
  },
  SameValidator: {
    code: "KOMA_E_ARGUMENT_INVALID",
    sentence: ({ id }) => `the stake is validator ${id}'s already.`,
  },
  NotJailed: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not jailed.`,
  },
  StillJailed: {
    code: "KOMA_E_STILL_JAILED",
    sentence: ({ until }) => `the validator is jailed until ${until} (Unix time).`,
  },
  BadShare: {
    code: "KOMA_E_ARGUMENT_INVALID",
    sentence: ({ bps }) => `${bps} basis points are more than the whole.`,
  },
  InflationExceeded: {
    code: "KOMA_E_INFLATION_EXCEEDED",
    sentence: ({ wanted, left }) => `this year's rewards are used up: ${kmc(left)} left of ${kmc(wanted)} asked for.`,
    fix: ["Claim fewer checkpoints at once, or next year."],
  },
  AlreadyAttested: {
    code: "KOMA_E_ALREADY_ATTESTED",
    sentence: ({ seat }) => `seat ${seat} signed this checkpoint before.`,
  },
  AlreadyFinal: {
    code: "KOMA_E_CHECKPOINT_FINAL",
    sentence: ({ number }) => `checkpoint ${number} is final.`,
  },
  UnknownChain: {
    code: "KOMA_E_CHAIN_UNREGISTERED",
    sentence: ({ chainId }) => `chain ${chainId} is not registered on the root chain.`,
  },
  ChainExists: {
    code: "KOMA_E_CHAIN_EXISTS",
    sentence: ({ chainId }) => `chain ${chainId} is registered already.`,
  },
  BadNumber: {
    code: "KOMA_E_CHECKPOINT_STALE",
    sentence: ({ want, got }) => `checkpoint ${got} was offered where ${want} is next.`,
  },
  BadRange: {
    code: "KOMA_E_CHECKPOINT_RANGE",
    sentence: (args) => `the checkpoint's range of blocks is not the next one (${Object.values(args).join(", ")}).`,
  },
  BadEpoch: {
    code: "KOMA_E_CHECKPOINT_STALE",
    sentence: () => "the checkpoint was signed for another epoch.",
  },
  BadParent: {
    code: "KOMA_E_CHECKPOINT_STALE",
    sentence: () => "the checkpoint continues another one than the last.",
  },
  BadGeneration: {
    code: "KOMA_E_CHECKPOINT_STALE",
    sentence: () => "the chain was rolled back since the checkpoint was signed.",
  },
  BadSignature: {
    code: "KOMA_E_CHECKPOINT_SIGNATURE",
    sentence: ({ seat, signer }) => `the signature of ${signer ?? `seat ${seat}`} is not by its signer.`,
  },
  NoQuorum: {
    code: "KOMA_E_NO_QUORUM",
    sentence: ({ signed, total }) => `signers hold ${kmc(signed)} of ${kmc(total)}; more than two thirds are needed.`,
  },
  TooSoon: {
    code: "KOMA_E_CHECKPOINT_EARLY",
    sentence: (args) => `the next checkpoint is accepted from ${Object.values(args)[0]} on (Unix time).`,
  },
  NotStarted: {
    code: "KOMA_E_STAKING_NOT_BEGUN",
    sentence: () => "the network's first epoch has not begun.",
  },
  PausedNow: {
    code: "KOMA_E_PAUSED",
    sentence: ({ until }) => `this is paused until ${until} (Unix time).`,
  },
  TokenNotMapped: {
    code: "KOMA_E_TOKEN_UNMAPPED",
    sentence: ({ chainId, token }) => `token ${token} is not mapped on chain ${chainId}.`,
    fix: ["Map the token first; anyone may."],
  },
  AlreadyMapped: {
    code: "KOMA_E_TOKEN_MAPPED",
    sentence: ({ rootToken }) => `token ${rootToken} is mapped already.`,
  },
  DepositTooLarge: {
    code: "KOMA_E_DEPOSIT_TOO_LARGE",
    sentence: ({ amount, max }) => `${amount} is more than one deposit may be (${max}).`,
  },
  EscrowExceeded: {
    code: "KOMA_E_ESCROW_SHORT",
    sentence: ({ wanted, escrow }) => `the chain's escrow holds ${escrow}, ${wanted} were asked for.`,
  },
  BadBond: {
    code: "KOMA_E_BOND",
    sentence: ({ want, got }) =>
      `the bond is ${formatAmount(BigInt(want ?? 0))} ETH, ${formatAmount(BigInt(got ?? 0))} ETH were sent.`,
  },
  ExitExists: {
    code: "KOMA_E_EXIT_EXISTS",
    sentence: ({ exitId }) => `the burn's exit ${exitId} was started before.`,
    fix: ["koma bridge exits"],
  },
  NotWithdrawLog: {
    code: "KOMA_E_NOT_A_BURN",
    sentence: () => "the proven log is not a withdrawal.",
  },
  FailedReceipt: {
    code: "KOMA_E_NOT_A_BURN",
    sentence: () => "the withdrawal's transaction failed.",
  },
  WrongEmitter: {
    code: "KOMA_E_NOT_A_BURN",
    sentence: ({ got, want }) => `the log is by ${got}, not by ${want}.`,
  },
  NotDue: {
    code: "KOMA_E_EXIT_EARLY",
    sentence: ({ exitableAt }) => `the exit can be processed from ${exitableAt} on (Unix time).`,
  },
  NotFinal: {
    code: "KOMA_E_CHECKPOINT_NOT_FINAL",
    sentence: ({ number }) => `checkpoint ${number} is not final.`,
  },
  NotClaimable: {
    code: "KOMA_E_NOT_CLAIMABLE",
    sentence: ({ exitId }) => `exit ${exitId} has nothing to claim.`,
  },
  NotPayee: {
    code: "KOMA_E_NOT_PAYEE",
    sentence: ({ payee }) => `the exit is ${payee}'s.`,
  },
  NotFraud: {
    code: "KOMA_E_NOT_FRAUD",
    sentence: ({ why }) => `the evidence shows no fraud (${why}).`,
  },
  NotOpen: {
    code: "KOMA_E_CHALLENGE_CLOSED",
    sentence: ({ id }) => `challenge ${id} is not open, or its claim is another one.`,
    fix: ["koma proof status"],
  },
  WindowOver: {
    code: "KOMA_E_CHALLENGE_CLOSED",
    sentence: ({ deadline }) => `answers were taken until ${deadline} (Unix time).`,
    fix: ["koma proof conclude CHALLENGE"],
  },
  WindowOpen: {
    code: "KOMA_E_CHALLENGE_OPEN",
    sentence: ({ deadline }) => `answers are taken until ${deadline} (Unix time).`,
    fix: ["Wait, then: koma proof conclude CHALLENGE"],
  },
  ClaimVoid: {
    code: "KOMA_E_CHALLENGE_CLOSED",
    sentence: () => "its checkpoint is gone, so that there is nothing to answer.",
    fix: ["koma proof conclude CHALLENGE"],
  },
  NoAnswer: {
    code: "KOMA_E_NO_ANSWER",
    sentence: ({ why }) => `the evidence does not disprove the claim (${why}).`,
  },
  ChallengePeriodOver: {
    code: "KOMA_E_PROOF_TOO_OLD",
    sentence: ({ challengeEnd }) => `the checkpoint could be challenged until ${challengeEnd} (Unix time).`,
  },
  TooManyChallenges: {
    code: "KOMA_E_TOO_MANY_CHALLENGES",
    sentence: ({ number }) => `as many challenges as may be are open on checkpoint ${number}.`,
    fix: ["Try again when one of them is closed: koma proof status"],
  },
  AlreadyPunished: {
    code: "KOMA_E_ALREADY_PUNISHED",
    sentence: ({ offenceId }) => `offence ${offenceId} was punished before.`,
  },
  StaleCheckpoint: {
    code: "KOMA_E_CHECKPOINT_STALE",
    sentence: ({ number }) => `checkpoint ${number} was never submitted, or was rejected.`,
  },
  NothingOwed: {
    code: "KOMA_E_NOTHING_OWED",
    sentence: ({ account }) => `nothing is owed to ${account}.`,
  },
  NoOlderCommit: {
    code: "KOMA_E_BOUNTY_TAKEN",
    sentence: () => "somebody else proved it before this account's commitment, or has an older one.",
    fix: ["Commit before the proof is sent: koma proof submit FILE --commit"],
  },
  CommitWindowOver: {
    code: "KOMA_E_BOUNTY_TAKEN",
    sentence: () => "the time in which an older commitment could claim it is over.",
  },
  OwedTransferFailed: {
    code: "KOMA_E_NOT_CLAIMABLE",
    sentence: ({ to }) => `${to} does not take Ether.`,
    fix: ["Name another account: koma bridge claim --to ACCOUNT"],
  },
  ERC20InsufficientBalance: {
    code: "KOMA_E_BALANCE_LOW",
    sentence: ({ sender, balance, needed }) => `${sender} holds ${balance}, ${needed} are needed (smallest units).`,
  },
  ERC20InsufficientAllowance: {
    code: "KOMA_E_ALLOWANCE_LOW",
    sentence: ({ spender, allowance, needed }) => `${spender} may take ${allowance}, ${needed} are needed.`,
  },
};
