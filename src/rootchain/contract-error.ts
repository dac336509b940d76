import { ErrorFragment, Interface, type InterfaceAbi } from "ethers";
import { type KomaError, ProtocolError } from "../errors.ts";
import { formatAmount, type Hex } from "../primitives/index.ts";
import { type Artifacts, loadArtifacts } from "./artifacts.ts";
import { RootRpcError } from "./json-rpc.ts";

export type ErrorArgument = string | bigint | boolean;

/** A custom error of one of our contracts, or Solidity's own `Error` and `Panic`. */
export interface ContractError {
  readonly name: string;
  /** By the parameters' names; unnamed ones by their index. */
  readonly args: Readonly<Record<string, ErrorArgument>>;
}

const errorTables = new WeakMap<Artifacts, Interface>();

/** Decodes revert data; undefined when it belongs to no contract of ours. */
export function decodeContractError(data: Hex, artifacts: Artifacts = loadArtifacts()): ContractError | undefined {
  if (data.length < 10) return undefined;
  const table = errorTable(artifacts);
  const fragment = table.getError(data.slice(0, 10));
  if (!fragment) return undefined;
  try {
    const values = table.decodeErrorResult(fragment, data);
    const args = fragment.inputs.map((input, index) => [
      input.name || String(index),
      plainArgument(values[index] as unknown),
    ]);
    return { name: fragment.name, args: Object.fromEntries(args) as ContractError["args"] };
  } catch {
    // The selector is ours, the rest is not: somebody else's error with the same four bytes.
    return undefined;
  }
}

/** `Name(arg: 1, other: 0x…)`, for logs and for errors without a translation. */
export function describeContractError(error: ContractError): string {
  const args = Object.entries(error.args).map(([name, value]) => `${name}: ${value}`);
  return args.length === 0 ? error.name : `${error.name}(${args.join(", ")})`;
}

/**
 * What a person is told when the root chain refused.
 *
 * @param action what was attempted, as in "stake 50 KMC": the sentence becomes "Cannot stake 50 KMC: …"
 * @param cause the transport's error; anything but a revert is passed on as it is
 */
export function refusalOf(action: string, cause: unknown, artifacts: Artifacts = loadArtifacts()): unknown {
  if (!(cause instanceof RootRpcError) || cause.data === undefined) return cause;
  return refusalFromData(action, cause.data, cause, artifacts);
}

/** As {@link refusalOf}, from the revert's data alone. */
export function refusalFromData(action: string, data: Hex, cause?: unknown, artifacts?: Artifacts): KomaError {
  const error = decodeContractError(data, artifacts ?? loadArtifacts());
  if (!error) {
    return new ProtocolError("KOMA_E_ROOTCHAIN_REVERTED", `Cannot ${action}: the root chain reverted.`, {
      facts: { data: data.slice(0, 200) },
      cause,
    });
  }
  const known = TRANSLATIONS[error.name];
  const sentence = known?.sentence(error.args) ?? `the root chain answered ${describeContractError(error)}.`;
  return new ProtocolError(known?.code ?? "KOMA_E_ROOTCHAIN_REVERTED", `Cannot ${action}: ${sentence}`, {
    facts: { contractError: error.name, ...error.args },
    ...(known?.fix ? { fix: known.fix } : {}),
    cause,
  });
}

interface Translation {
  readonly code: string;
  sentence(args: ContractError["args"]): string;
  readonly fix?: readonly string[];
}

const clock = (seconds: ErrorArgument | undefined): string => new Date(Number(seconds ?? 0) * 1000).toISOString();
const kmc = (value: ErrorArgument | undefined): string => `${formatAmount(BigInt(value ?? 0))} KMC`;

/** What the custom errors mean to whoever meets them. Those that are missing are shown by their own name. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
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
  },
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
  KeyBarred: {
    code: "KOMA_E_KEY_BARRED",
    sentence: ({ key }) => `the key ${key} was convicted and can never produce again.`,
  },
  KeyTaken: {
    code: "KOMA_E_SIGNER_TAKEN",
    sentence: ({ key }) => `the key ${key} belongs to another validator.`,
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
    sentence: ({ voter }) => `validator ${voter} had no power when voting opened.`,
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
  NotActive: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not active.`,
  },
  NotUnbonding: {
    code: "KOMA_E_VALIDATOR_STATE",
    sentence: ({ id }) => `validator ${id} is not unbonding.`,
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
  ERC20InsufficientBalance: {
    code: "KOMA_E_BALANCE_LOW",
    sentence: ({ sender, balance, needed }) => `${sender} holds ${balance}, ${needed} are needed (smallest units).`,
  },
  ERC20InsufficientAllowance: {
    code: "KOMA_E_ALLOWANCE_LOW",
    sentence: ({ spender, allowance, needed }) => `${spender} may take ${allowance}, ${needed} are needed.`,
  },
};

/** Every error of every contract once, with Solidity's own two. */
function errorTable(artifacts: Artifacts): Interface {
  const known = errorTables.get(artifacts);
  if (known) return known;
  const fragments = new Map<string, ErrorFragment>();
  for (const artifact of artifacts.all()) {
    for (const item of artifact.abi) {
      if (item.type !== "error") continue;
      const fragment = ErrorFragment.from(item);
      if (!fragments.has(fragment.selector)) fragments.set(fragment.selector, fragment);
    }
  }
  const table = new Interface([
    ...fragments.values(),
    "error Error(string reason)",
    "error Panic(uint256 code)",
  ] as InterfaceAbi);
  errorTables.set(artifacts, table);
  return table;
}

function plainArgument(value: unknown): ErrorArgument {
  if (typeof value === "bigint" || typeof value === "boolean") return value;
  return typeof value === "string" ? value.slice(0, 500) : JSON.stringify(value).slice(0, 500);
}
