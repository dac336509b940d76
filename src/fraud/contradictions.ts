import { decodeEvidence, type Evidence } from "../consensus/index.ts";
import { type KomaError, ProtocolError } from "../errors.ts";
import { hexToBytes, isHex } from "../primitives/index.ts";
import type { RootChain, Verdict } from "../rootchain/index.ts";
import { craftConsensusChallenge } from "./consensus-evidence.ts";
import { craftDoubleSeal, readDoubleSeal } from "./double-seals.ts";
import { craftDoubleVote, readDoubleVote } from "./double-votes.ts";
import type { Challenge } from "./evidence.ts";

/** Contradictions that validators signed in consensus, in checkpoints or under blocks, and the first of them that the root contracts charge. */
export interface ContradictionSearch {
  /** Those that were not charged before. */
  readonly found: number;
  readonly proven: { readonly challenge: Challenge; readonly verdict: Verdict; readonly fault: string } | undefined;
  /** Why the ones before it do not convict. */
  readonly refused: readonly { readonly code: string; readonly why: string }[];
}

/** What one node answers, whatever it is. */
export interface ContradictionSource {
  /** `koma_getEvidence` */
  evidence(): Promise<unknown>;
  /** `koma_getDoubleVotes` */
  doubleVotes(): Promise<unknown>;
  /** `koma_getDoubleSeals` */
  doubleSeals(): Promise<unknown>;
}

/** Names of the kinds that are found by asking nodes instead of reading blocks. */
export const contradictionTypes: readonly string[] = ["checkpoint-equivocation", "consensus-equivocation"];

/** Most entries that are read of one node's answer. */
const MAX_PER_NODE = 1_000;
/** Longest evidence, bytes: two endorsements with a lane of 1,024 headers between them. */
const MAX_EVIDENCE_BYTES = 512 * 1024;

/**
 * Asks every node which faults it has proven, and the root contracts what they say to each. Nodes are not trusted: what
 * does not decode is passed over, and what convicts nobody is refused by the contracts.
 *
 * @param wanted name of the only kind to look for; default: both
 */
export async function searchContradictions(
  chainId: bigint,
  sources: readonly ContradictionSource[],
  challenges: Pick<RootChain["challenges"], "judge" | "offence">,
  wanted?: string,
): Promise<ContradictionSearch> {
  const refused: { readonly code: string; readonly why: string }[] = [];
  for (const { challenge, fault } of await knownContradictions(chainId, sources)) {
    if (wanted !== undefined && challenge.type !== wanted) continue;
    try {
      const verdict = await challenges.judge(challenge.kind, challenge.evidence);
      if (await challenges.offence(verdict.offenceId)) continue;
      return { found: refused.length + 1, proven: { challenge, verdict, fault }, refused };
    } catch (error) {
      // The chain's own answer to this one; an endpoint that is away is no answer.
      if (!(error instanceof ProtocolError)) throw error;
      refused.push({ code: (error as KomaError).code, why: error.message });
    }
  }
  return { found: refused.length, proven: undefined, refused };
}

interface Contradiction {
  readonly challenge: Challenge;
  readonly fault: string;
}

/** What the nodes know, each once. A node that does not answer is no loss: what was signed is gossiped to all. */
async function knownContradictions(
  chainId: bigint,
  sources: readonly ContradictionSource[],
): Promise<readonly Contradiction[]> {
  const [evidence, doubleVotes, doubleSeals] = await Promise.all([
    entriesOf(sources.map((source) => source.evidence())),
    entriesOf(sources.map((source) => source.doubleVotes())),
    entriesOf(sources.map((source) => source.doubleSeals())),
  ]);
  const known = new Map<string, Contradiction>();
  const add = (contradiction: Contradiction | undefined): void => {
    if (contradiction) known.set(contradiction.challenge.evidence, contradiction);
  };
  for (const entry of evidence) add(contradictionOfEvidence(chainId, entry));
  for (const entry of doubleVotes) add(contradictionOfVotes(chainId, entry));
  for (const entry of doubleSeals) add(contradictionOfSeals(chainId, entry));
  return [...known.values()];
}

async function entriesOf(asked: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) =>
    answer.status === "fulfilled" && Array.isArray(answer.value) ? answer.value.slice(0, MAX_PER_NODE) : [],
  );
}

function contradictionOfEvidence(chainId: bigint, entry: unknown): Contradiction | undefined {
  const bytes = (entry as { readonly bytes?: unknown } | null)?.bytes;
  if (!isHex(bytes) || bytes.length > 2 + 2 * MAX_EVIDENCE_BYTES) return undefined;
  const evidence = decodeEvidence(hexToBytes(bytes));
  if (!evidence.ok) return undefined;
  return { challenge: craftConsensusChallenge(chainId, evidence.value), fault: describe(evidence.value) };
}

function contradictionOfVotes(chainId: bigint, entry: unknown): Contradiction | undefined {
  const votes = readDoubleVote(entry);
  if (votes?.first.checkpoint.chainId !== chainId) return undefined;
  const { start, end, generation } = votes.first.checkpoint;
  const fault = `a staker signed two contents for blocks ${start} to ${end} of generation ${generation}`;
  return { challenge: craftDoubleVote(votes), fault };
}

function contradictionOfSeals(chainId: bigint, entry: unknown): Contradiction | undefined {
  const seals = readDoubleSeal(entry);
  if (!seals) return undefined;
  const { coinbase, timestamp } = seals.first;
  const fault = `producer ${coinbase} sealed two blocks of second ${timestamp}`;
  return { challenge: craftDoubleSeal(chainId, seals), fault };
}

function describe(evidence: Evidence): string {
  switch (evidence.kind) {
    case "equivocation":
      return `validator ${evidence.first.creator} signed two units with number ${evidence.first.seq}`;
    case "endorsements":
      return `validator ${evidence.first.endorser} endorsed two units that exclude each other`;
    case "finality":
      return `validator ${evidence.first.validator} called two blocks of height ${evidence.first.height} final`;
  }
}
