import type { Instance } from "../consensus/index.ts";
import type { Address } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/**
 * True when `signer` may have signed in this instance what this node's database does not know: the database began after
 * the instance did, and no imported protection file speaks for it. A validator in that state must not sign before the next
 * instance (KoMaBFT spec 14, amnesia).
 *
 * The first era of a chain is left out, because every database begins after it and somebody has to sign it: there a
 * validator without units of its own listens first, and stops when a peer has one.
 */
export function mayHaveForgotten(
  { id, generation, era, eraStart, params }: Instance,
  signer: Address,
  { units, protection }: Pick<Store, "units" | "protection">,
): boolean {
  if ((generation === 0 && era === 0) || units.ownHead(id) !== undefined) return false;
  // Clocks differ, though by less than a slot, or their units would be refused. No more than that: whoever made the last
  // era's blocks from the first on has a database that is a slot older than this one.
  return !protection.covers(signer, eraStart - params.baseRoundMs);
}
