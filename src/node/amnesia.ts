import { type Instance, mayHaveForgotten } from "../consensus/index.ts";
import type { Address } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** True when `signer` must not sign in this instance, because this node's database may not know all that it signed there. */
export function hasAmnesia(
  instance: Instance,
  signer: Address,
  { units, protection }: Pick<Store, "units" | "protection">,
): boolean {
  return mayHaveForgotten(instance, {
    hasOwnHead: units.ownHead(instance.id) !== undefined,
    covers: (from) => protection.covers(signer, from),
  });
}
