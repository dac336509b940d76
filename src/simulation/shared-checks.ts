import { identifyUnit, type SignedUnit, type UnitChecks, type WireUnit } from "../consensus/index.ts";
import { type Address, type Bytes, equalBytes, recoverAddress } from "../primitives/index.ts";

interface Recovered {
  readonly digest: Bytes;
  readonly signer: Address | undefined;
}

/**
 * Checks whose answers all validators of one simulation share. A message is decoded once for all of its receivers, so the
 * second to look at a unit or a signature has the very object that the first had, and would compute the same from it.
 */
export function sharedChecks(): UnitChecks {
  const units = new WeakMap<WireUnit, { readonly domain: Bytes; readonly unit: SignedUnit }>();
  const signatures = new WeakMap<Bytes, Recovered>();
  return {
    identify(domain, wire) {
      const known = units.get(wire);
      if (known?.domain === domain) return known.unit;
      const unit = identifyUnit(domain, wire);
      units.set(wire, { domain, unit });
      return unit;
    },
    recover(digest, signature) {
      const known = signatures.get(signature);
      if (known !== undefined && equalBytes(known.digest, digest)) return known.signer;
      const signer = recoverAddress(digest, signature);
      signatures.set(signature, { digest, signer });
      return signer;
    },
  };
}
