import type { Instance } from "./instance.ts";

/** What a validator's database knows of its own past. */
export interface SigningMemory {
  /** A unit of its own in the instance is stored. */
  readonly hasOwnHead: boolean;
  /** True when everything that it signed from a time on, in ms since the epoch, is stored. */
  readonly covers: (from: number) => boolean;
}

/**
 * True when a validator may have signed in this instance what its database does not know: the database began after the
 * instance did, and nothing that was brought along speaks for it. Such a validator must not sign before the next instance
 * (KoMaBFT spec 14, amnesia).
 *
 * The first era of a chain is left out, because every database begins after it and somebody has to sign it: there a
 * validator without units of its own listens first, and stops when a peer has one.
 */
export function mayHaveForgotten(
  { generation, era, eraStart, params }: Instance,
  { hasOwnHead, covers }: SigningMemory,
): boolean {
  if ((generation === 0 && era === 0) || hasOwnHead) return false;
  // Clocks differ, though by less than a slot, or their units would be refused. No more than that: whoever made the last
  // era's blocks from the first on has a database that is a slot older than this one.
  return !covers(eraStart - params.baseRoundMs);
}
