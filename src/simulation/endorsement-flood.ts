import { type Endorsement, signEndorsement, type UnitHash } from "../consensus/index.ts";
import { keccakHash, utf8 } from "../primitives/index.ts";
import type { Prng } from "./prng.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** Of so many endorsements one is for a unit that nobody has made. */
const INVENTED_OF = 3;

/**
 * An endorsement that no rule asks for: of any unit that the flooder has, both forks of an equivocator among them, or of
 * one that there is none of. The signature is real, so that everybody has to look at it.
 *
 * @returns undefined for whoever is no member of the committee now
 */
export function floodingEndorsement(flooder: SimulatedNode, prng: Prng): Endorsement | undefined {
  const { instance, privateKey } = flooder;
  const endorser = flooder.memberOf(instance);
  if (endorser === undefined) return undefined;
  const unit = prng.pick(flooder.store.signedUnits());
  const isInvented = unit === undefined || prng.between(1, INVENTED_OF) === 1;
  const hash = isInvented ? (keccakHash(utf8(`nobody's unit ${prng.next()}`)) as string as UnitHash) : unit.hash;
  return signEndorsement(instance, { endorser, unit: hash, privateKey });
}
