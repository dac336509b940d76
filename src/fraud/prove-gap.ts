import type { SubmittedCheckpoint } from "../checkpoint/index.ts";
import { type KomaError, ProtocolError, UserError } from "../errors.ts";
import type { Claim, InteractiveChallenges } from "../rootchain/index.ts";
import type { FraudCase, UnreadCheckpoint } from "./case.ts";
import type { Challenge } from "./evidence.ts";
import type { Scan } from "./find-faults.ts";
import { findLogGaps, findNonceGaps, findSkippedDeposits, type Gap } from "./find-gaps.ts";
import { craftGapChallenge } from "./gap-evidence.ts";
import type { FraudKind } from "./kinds.ts";
import { readScan } from "./scan.ts";

/** A gap that the root contracts take a claim about. */
export interface ProvenGap {
  readonly gap: Gap;
  readonly challenge: Challenge;
  /** Without challenger, bond and deadline. */
  readonly claim: Claim;
}

export interface GapSearch {
  readonly found: number;
  readonly proven: ProvenGap | undefined;
  readonly refused: readonly { readonly checkpoint: bigint; readonly code: string; readonly why: string }[];
  readonly unread: readonly UnreadCheckpoint[];
}

/**
 * The first gap of the wanted kind in these checkpoints that the root contracts take a claim about; nothing is sent.
 *
 * @param about whether a gap is one of those that are looked for; default: all are
 */
export async function proveGap(
  fraud: FraudCase,
  checkpoints: readonly SubmittedCheckpoint[],
  wanted: FraudKind,
  interactive: Pick<InteractiveChallenges, "claimOf" | "depositDeadline">,
  about: (gap: Gap) => boolean = () => true,
): Promise<GapSearch> {
  const refused: GapSearch["refused"][number][] = [];
  const unread: UnreadCheckpoint[] = [];
  let found = 0;
  const terms = { deposits: fraud.deposits ?? [], deadline: await interactive.depositDeadline() };
  for (const checkpoint of checkpoints) {
    let gaps: readonly Gap[];
    try {
      gaps = findGaps(await readScan(fraud.archive, checkpoint, fraud.rules), wanted, terms).filter(about);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== "KOMA_E_BLOCKS_DIFFER") throw error;
      unread.push({ checkpoint: checkpoint.number, why: error.message });
      continue;
    }
    found += gaps.length;
    for (const gap of gaps) {
      try {
        const challenge = await craftGapChallenge(fraud.archive, gap);
        const claim = await interactive.claimOf(challenge.kind, challenge.evidence);
        return { found, proven: { gap, challenge, claim }, refused, unread };
      } catch (error) {
        // The chain's own answer to this one; an endpoint that is away is no answer.
        if (!(error instanceof ProtocolError || error instanceof UserError)) throw error;
        refused.push({ checkpoint: checkpoint.number, code: (error as KomaError).code, why: error.message });
      }
    }
  }
  return { found, proven: undefined, refused, unread };
}

function findGaps(scan: Scan, { type }: FraudKind, terms: Parameters<typeof findSkippedDeposits>[1]): readonly Gap[] {
  if (type === "nonce-gap") return findNonceGaps(scan);
  return type === "utxo-gap" ? findLogGaps(scan) : findSkippedDeposits(scan, terms);
}
