import { type Check, hashFromBytes, keccak256, writeHex } from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Dag } from "./dag.ts";
import { SEEN_FAULTY, SEEN_NOTHING, type SignedUnit, type UnitHash, type WireUnit } from "./unit.ts";
import { type CheckedUnit, checkHashes, type SoundUnit, type UnitRejection } from "./validity.ts";

/** Up to this size of a committee the hashes are few, and always go along. */
const LARGEST_WITH_HASHES = 16;

/** Where a unit stands: unit number `seq` of a validator. */
export interface Place {
  readonly creator: ValidatorIndex;
  readonly seq: number;
}

/**
 * True for a unit that came without the hashes of its panorama. Sequence numbers and the signed root stand for them: a
 * receiver that knows the units looks the hashes up, and the root says whether they are the right ones.
 *
 * @see KoMaBFT spec 4 (hashes)
 */
export function isCompact({ body, hashes }: WireUnit): boolean {
  return hashes.length === 0 && body.observations.some((seen) => seen > SEEN_FAULTY);
}

export function withoutHashes(unit: SignedUnit): SignedUnit {
  return { ...unit, hashes: [] };
}

/** A unit as it goes out to everybody. Where somebody forked, a number may mean two units, so the hashes go along. */
export function asBroadcast(unit: SignedUnit, dag: Dag): SignedUnit {
  return dag.instance.size <= LARGEST_WITH_HASHES || dag.knowsEvidence ? unit : withoutHashes(unit);
}

/** What became of looking up the hashes that a compact unit leaves out. */
export type Rebuilt =
  | { readonly kind: "whole"; readonly check: Check<CheckedUnit, UnitRejection> }
  /** Units that nothing is known of yet. */
  | { readonly kind: "missing"; readonly places: readonly Place[] }
  /** Another fork is meant than the one that is known here, or the root is wrong: somebody has to say the hashes. */
  | { readonly kind: "different" };

/**
 * @param pendingAt hash of a unit at a place that is not in the state; undefined: not known, or more than one
 */
export function rebuild(unit: SoundUnit, dag: Dag, pendingAt: (place: Place) => UnitHash | undefined): Rebuilt {
  const { observations, panoramaRoot } = unit.body;
  const shared = dag.shared.hashesOf(unit.body);
  if (shared !== undefined) return { kind: "whole", check: checkHashes(unit, shared, panoramaRoot) };
  const words = new Uint32Array(8 * observations.length);
  const bytes = new Uint8Array(words.buffer);
  const hashes: UnitHash[] = [];
  const places: Place[] = [];
  for (let creator = 0; creator < observations.length; creator++) {
    const seen = observations[creator] as number;
    if (seen === SEEN_NOTHING) continue;
    if (seen === SEEN_FAULTY) {
      bytes[32 * creator + 31] = 1;
      continue;
    }
    const seq = seen - 2;
    const cited = dag.onFirstLane(creator, seq);
    const hash = cited?.hash ?? pendingAt({ creator, seq });
    if (hash === undefined) {
      // Units of a known equivocator come in only on demand, and the demand is by hash.
      if (dag.isFaulty(creator)) return { kind: "different" };
      places.push({ creator, seq });
      continue;
    }
    hashes.push(hash);
    if (cited === undefined) writeHex(hash, bytes, 32 * creator);
    else dag.hashes.copyTo(words, creator, cited.position);
  }
  if (places.length > 0) return { kind: "missing", places };
  const root = hashFromBytes(keccak256(bytes));
  if (root !== panoramaRoot) return { kind: "different" };
  dag.shared.keep({ ...unit, hashes });
  return { kind: "whole", check: checkHashes(unit, hashes, root) };
}
