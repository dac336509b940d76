import { decodeEvidence, type Evidence, hashHeader, headerDigest } from "../consensus/index.ts";
import { BugError } from "../errors.ts";
import { type Bytes, bytesToHex, recoverAddress } from "../primitives/index.ts";
import type { Store } from "../storage/index.ts";

/** Most proven faults in one answer; the newest instances count. */
const MAX_EVIDENCE = 1_000;

/** Proven faults that the store keeps, of all instances, newest first. */
export function storedEvidence(store: Pick<Store, "instances" | "units">, domain: Bytes): readonly object[] {
  return store.instances
    .list()
    .toReversed()
    .flatMap(({ hash, generation, era }) =>
      store.units.evidence(hash).map(({ creator, bytes }) => {
        const evidence = decodeEvidence(bytes);
        if (!evidence.ok) throw new BugError(`stored evidence against validator ${creator} does not decode`);
        return {
          instance: hash,
          generation: Number(generation),
          era: Number(era),
          validator: creator,
          ...factsOf(evidence.value, domain),
          bytes: bytesToHex(bytes),
        };
      }),
    )
    .slice(0, MAX_EVIDENCE);
}

/** Who signed what twice. The signer comes from the signature: an old era's committee need not be at hand. */
function factsOf(evidence: Evidence, domain: Bytes): object {
  if (evidence.kind !== "equivocation") return { kind: (evidence as Evidence).kind };
  const { first, second } = evidence;
  return {
    kind: evidence.kind,
    signer: recoverAddress(headerDigest(domain, first), first.signature) ?? null,
    seq: first.seq,
    units: [hashHeader(domain, first), hashHeader(domain, second)],
  };
}
