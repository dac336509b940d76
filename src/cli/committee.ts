import { KomaError } from "../errors.ts";
import { type ConsensusView, consensusOf } from "./finality.ts";
import type { NetClient } from "./net-client.ts";

/** Where a signer stands: in the committee of this era and the next, only in one of them, or in neither. */
export type CommitteePlace = "member" | "joining" | "leaving";

/** Null: neither now nor in the next era. */
export function committeePlace(view: ConsensusView, signer: string): CommitteePlace | null {
  const wanted = signer.toLowerCase();
  const isNow = view.validators.some((member) => member.signer === wanted);
  const isNext = view.following.some((member) => member.signer === wanted);
  if (isNow) return isNext ? "member" : "leaving";
  return isNext ? "joining" : null;
}

/** The chain's committee as a node sees it; undefined when no node answers: stakes can be looked at without the chain. */
export async function committeeOf(net: NetClient, url = net.rpcUrl()): Promise<ConsensusView | undefined> {
  const { openChainClient } = await import("../rpc/index.ts");
  try {
    return await consensusOf(await openChainClient(url));
  } catch (error) {
    if (error instanceof KomaError) return undefined;
    throw error;
  }
}

/** An era to come, and when it begins if blocks come in time and eras are no longer than they must be. */
export interface ExpectedEra {
  readonly era: number;
  /** ISO time. */
  readonly at: string;
}

/**
 * First era whose committee can know a stake that counts on the root chain from a moment on: two after the one that runs
 * then, for a switch block fixes the committee of the era after the next.
 *
 * @param countsFrom ms since the epoch
 * @param now        the same, now
 */
export function firstEraWith(view: ConsensusView, countsFrom: number, now: number): ExpectedEra {
  const height = Number(view.head?.height ?? view.keyBlock);
  const eraMs = view.eraBlocks * view.baseRoundMs;
  const doneMs = Math.max(0, height - view.keyBlock) * view.baseRoundMs;
  const later = Math.max(0, Math.floor((doneMs + Math.max(0, countsFrom - now)) / eraMs));
  const era = view.era + later + 2;
  return { era, at: new Date(now - doneMs + (era - view.era) * eraMs).toISOString() };
}
