import { decodeEvidence, type Evidence } from "../consensus/index.ts";
import { type KomaError, ProtocolError } from "../errors.ts";
import { hexToBytes, isHex } from "../primitives/index.ts";
import type { RootChain, Verdict } from "../rootchain/index.ts";
import { craftConsensusChallenge } from "./consensus-evidence.ts";
import type { Challenge } from "./evidence.ts";

/** Contradictions that validators signed in consensus, and the first of them that the root contracts charge. */
export interface ContradictionSearch {
  /** Those that were not charged before. */
  readonly found: number;
  readonly proven: { readonly challenge: Challenge; readonly verdict: Verdict; readonly fault: string } | undefined;
  /** Why the ones before it do not convict. */
  readonly refused: readonly { readonly code: string; readonly why: string }[];
}

/** One node's answer to `koma_getEvidence`, whatever it is. */
export type EvidenceSource = () => Promise<unknown>;

/** Most entries that are read of one node's answer. */
const MAX_PER_NODE = 1_000;
/** Longest evidence, bytes: two endorsements with a lane of 1,024 headers between them. */
const MAX_EVIDENCE_BYTES = 512 * 1024;

/**
 * Asks every node which faults it has proven, and the root contracts what they say to each. Nodes are not trusted: what
 * does not decode is passed over, and what convicts nobody is refused by the contracts.
 */
export async function searchContradictions(
  chainId: bigint,
  sources: readonly EvidenceSource[],
  challenges: Pick<RootChain["challenges"], "judge" | "offence">,
): Promise<ContradictionSearch> {
  const refused: { readonly code: string; readonly why: string }[] = [];
  for (const evidence of await knownEvidence(sources)) {
    const challenge = craftConsensusChallenge(chainId, evidence);
    try {
      const verdict = await challenges.judge(challenge.kind, challenge.evidence);
      if (await challenges.offence(verdict.offenceId)) continue;
      return { found: refused.length + 1, proven: { challenge, verdict, fault: describe(evidence) }, refused };
    } catch (error) {
      // The chain's own answer to this one; an endpoint that is away is no answer.
      if (!(error instanceof ProtocolError)) throw error;
      refused.push({ code: (error as KomaError).code, why: error.message });
    }
  }
  return { found: refused.length, proven: undefined, refused };
}

/** What the nodes know, each once. A node that does not answer is no loss: evidence is gossiped to all. */
async function knownEvidence(sources: readonly EvidenceSource[]): Promise<readonly Evidence[]> {
  const known = new Map<string, Evidence>();
  for (const answer of await Promise.allSettled(sources.map((ask) => ask()))) {
    if (answer.status === "rejected" || !Array.isArray(answer.value)) continue;
    for (const entry of answer.value.slice(0, MAX_PER_NODE) as readonly unknown[]) {
      const bytes = (entry as { readonly bytes?: unknown } | null)?.bytes;
      if (!isHex(bytes) || bytes.length > 2 + 2 * MAX_EVIDENCE_BYTES || known.has(bytes)) continue;
      const evidence = decodeEvidence(hexToBytes(bytes));
      if (evidence.ok) known.set(bytes, evidence.value);
    }
  }
  return [...known.values()];
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
