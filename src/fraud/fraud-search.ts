import type { ChainArchive, SubmittedCheckpoint } from "../checkpoint/index.ts";
import { ProtocolError, UserError } from "../errors.ts";
import type { Hash } from "../primitives/index.ts";
import type { RootChain } from "../rootchain/index.ts";
import {
  findFraud,
  openCase,
  openLookup,
  pendingCheckpoints,
  proveFraud,
  type RefusedFault,
  type UnreadCheckpoint,
} from "./case.ts";
import { checkChallenge } from "./check-file.ts";
import { claimedFault, type NamedEvidence } from "./claimed-fault.ts";
import { type ContradictionSource, contradictionTypes, searchContradictions } from "./contradictions.ts";
import type { Challenge } from "./evidence.ts";
import { describeGap } from "./find-gaps.ts";
import { craftChallenge, describeFault } from "./finders.ts";
import { type FraudKind, fraudKindOf } from "./kinds.ts";
import { isAbout, type NamedPlaces } from "./named-places.ts";
import { parseChallenge } from "./proof-file.ts";
import { proveGap } from "./prove-gap.ts";

/** Where fraud is looked for, and who judges it. */
export interface SearchGround {
  readonly root: RootChain;
  readonly chainId: bigint;
  readonly archive: ChainArchive;
  /** Root-chain block before which no event of the contracts can be. */
  readonly startBlock: bigint;
}

/** What a search came to: at most one challenge, with what the root contracts say to it. */
export interface FraudSearch {
  readonly found: number;
  /** What is wrong, in words; undefined where it was named and not found. */
  readonly fault: string | undefined;
  readonly challenge: Challenge | undefined;
  /** Undefined when they would not convict. */
  readonly offence: Hash | undefined;
  /** Seats that the verdict charges instead of the checkpoint's signers, else zero. */
  readonly signers: bigint;
  readonly refused: readonly Refusal[];
  /** A claim that something is missing, with the bond that it needs: wei of Ether. */
  readonly bond?: bigint;
}

/** A fault that the root contracts would not convict, or a checkpoint that nobody shows. */
export interface Refusal {
  /** Undefined for a contradiction in consensus. */
  readonly checkpoint: bigint | undefined;
  readonly code: string;
  readonly why: string;
}

/**
 * The checkpoints that can still be rolled back, or those of them that hold what is named.
 *
 * @throws {UserError} KOMA_E_NOT_CHECKPOINTED when one of the named blocks is under none of them
 */
export async function checkpointsAbout(
  { root, chainId }: Pick<SearchGround, "root" | "chainId">,
  places?: NamedPlaces,
): Promise<readonly SubmittedCheckpoint[]> {
  const pending = await pendingCheckpoints(root, chainId);
  if (!places) return pending;
  const named = [
    ...places.transactions.map(({ block }) => block),
    ...(places.block === undefined ? [] : [places.block]),
  ];
  const holds = ({ start, end }: SubmittedCheckpoint, block: bigint) => start <= block && block <= end;
  // Of two transactions that contradict each other the earlier one may be final.
  const newest = named.reduce((latest, block) => (block > latest ? block : latest), 0n);
  if (!pending.some((checkpoint) => holds(checkpoint, newest))) throw notPending(newest);
  return pending.filter((checkpoint) => named.some((block) => holds(checkpoint, block)));
}

/** Fraud of the wanted kind, or of any: the first fault in these checkpoints that the root contracts convict. */
export async function searchFraud(
  ground: SearchGround,
  checkpoints: readonly SubmittedCheckpoint[],
  wanted: FraudKind | undefined,
  places?: NamedPlaces,
): Promise<FraudSearch> {
  const { root, chainId, archive, startBlock } = ground;
  const fraud = await openCase(root, chainId, archive, startBlock);
  const { found, unread } = await findFraud(fraud, checkpoints, wanted);
  const about = places ? found.filter(({ fault }) => isAbout(fault, places)) : found;
  const { proven, refused } = await proveFraud(fraud, about, root.challenges.judge);
  return {
    found: about.length,
    fault: proven && describeFault(proven.fault),
    challenge: proven?.challenge,
    offence: proven?.verdict.offenceId,
    signers: proven?.verdict.signers ?? 0n,
    refused: [...refused.map(refusalOf), ...unread.map(unreadOf)],
  };
}

/**
 * What validators signed twice, as the nodes know it; nothing where another kind is wanted.
 *
 * @param sources asked for when they are needed
 */
export async function searchDoubleSigners(
  { root, chainId }: Pick<SearchGround, "root" | "chainId">,
  sources: () => Promise<readonly ContradictionSource[]>,
  wanted: FraudKind | undefined,
): Promise<FraudSearch | undefined> {
  if (wanted && !contradictionTypes.includes(wanted.type)) return undefined;
  const { found, proven, refused } = await searchContradictions(
    chainId,
    await sources(),
    root.challenges,
    wanted?.type,
  );
  return {
    found,
    fault: proven?.fault,
    challenge: proven?.challenge,
    offence: proven?.verdict.offenceId,
    signers: proven?.verdict.signers ?? 0n,
    refused: refused.map((refusal) => ({ ...refusal, checkpoint: undefined })),
  };
}

/** Something missing: the first gap that the root contracts take a claim about. */
export async function searchGaps(
  ground: SearchGround,
  checkpoints: readonly SubmittedCheckpoint[],
  wanted: FraudKind,
  places?: NamedPlaces,
): Promise<FraudSearch> {
  const { root, chainId, archive, startBlock } = ground;
  const fraud = await openCase(root, chainId, archive, startBlock);
  const interactive = root.interactive();
  const about = places && ((gap: Parameters<typeof isAbout>[0]) => isAbout(gap, places));
  const { found, proven, refused, unread } = await proveGap(fraud, checkpoints, wanted, interactive, about);
  return {
    found,
    fault: proven && describeGap(proven.gap),
    challenge: proven?.challenge,
    offence: proven?.claim.offenceId,
    signers: 0n,
    refused: [...refused, ...unread.map(unreadOf)],
    ...(proven ? { bond: await interactive.bondFor(chainId, proven.claim.number) } : {}),
  };
}

/**
 * The proof of what is named, right or wrong: nothing is looked for.
 *
 * @throws {UserError} KOMA_E_ARGUMENT_INVALID when the kind is about other things, KOMA_E_NOT_CHECKPOINTED
 */
export async function proveNamed(
  { root, chainId, archive, startBlock }: SearchGround,
  kind: FraudKind,
  named: NamedEvidence,
): Promise<FraudSearch> {
  const fault = await claimedFault(archive, kind, named);
  const { graceBlocks } = await openCase(root, chainId, archive, startBlock);
  const challenge = await craftChallenge(archive, fault, graceBlocks);
  const built = { found: 1, fault: undefined, challenge } as const;
  try {
    const { offenceId, signers } = await root.challenges.judge(challenge.kind, challenge.evidence);
    return { ...built, offence: offenceId, signers, refused: [] };
  } catch (error) {
    // The contracts' own answer; an endpoint that is away is none.
    if (!(error instanceof ProtocolError)) throw error;
    const refusal = { checkpoint: challenge.checkpoint, code: error.code, why: error.message };
    return { ...built, offence: undefined, signers: 0n, refused: [refusal] };
  }
}

/**
 * The challenge of a proof file. What the root contracts say of it comes as their own error: a file is one claim, not a search.
 *
 * @throws {UserError} KOMA_E_PROOF_TOO_OLD, and what {@link parseChallenge} throws
 * @throws {ProtocolError} the root contracts refuse it
 */
export async function openEvidence(
  { root, startBlock }: Pick<SearchGround, "root" | "startBlock">,
  text: string,
): Promise<FraudSearch> {
  const challenge = parseChallenge(text);
  const lookup = openLookup(root, challenge.chainId, startBlock);
  if ((await checkChallenge(challenge, lookup)).outcome === "stale") {
    throw new UserError("KOMA_E_PROOF_TOO_OLD", "The checkpoint that the proof was made for was rolled back.", {
      facts: { checkpoint: challenge.checkpoint, why: "It was proven wrong before: there is nothing left to charge." },
      fix: ["koma checkpoint list", "koma proof challenge"],
    });
  }
  const read = { found: 1, fault: undefined, challenge, refused: [] } as const;
  if (fraudKindOf(challenge.type)?.interactive) {
    const interactive = root.interactive();
    const claim = await interactive.claimOf(challenge.kind, challenge.evidence);
    const bond = await interactive.bondFor(claim.chainId, claim.number);
    return { ...read, offence: claim.offenceId, signers: 0n, bond };
  }
  const { offenceId, signers } = await root.challenges.judge(challenge.kind, challenge.evidence);
  return { ...read, offence: offenceId, signers };
}

const refusalOf = ({ checkpoint, why, code }: RefusedFault): Refusal => ({ checkpoint, why, code });
const unreadOf = ({ checkpoint, why }: UnreadCheckpoint): Refusal => {
  return { checkpoint, why, code: "KOMA_E_BLOCKS_DIFFER" };
};

/** The block is under no checkpoint that can still be rolled back. */
export function notPending(block: bigint): UserError {
  return new UserError("KOMA_E_NOT_CHECKPOINTED", `Block ${block} is under no checkpoint that can be challenged.`, {
    facts: { block },
    fix: ["koma checkpoint list"],
  });
}
