import {
  type Address,
  accept,
  type Bytes,
  type Check,
  encodeRlp,
  type Hash,
  hexToBytes,
  MalformedRlp,
  numberToBytes,
  type RlpItem,
  readBytes,
  readList,
  readNumber,
  reject,
  signDigest,
  structHash,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";
import type { Instance } from "./instance.ts";
import type { UnitHash } from "./unit.ts";
import { type CodecRejection, copyOf, decodeWith, readUnitHash } from "./unit-codec.ts";

/** Endorsements of one unit in one message, at most: they take as much room as the largest unit. */
export const MAX_ENDORSERS = 800;

/** "When I signed this I knew of no equivocation by the unit's creator"; KoMaBFT spec 11. */
export interface Endorsement {
  readonly unit: UnitHash;
  readonly endorser: ValidatorIndex;
  /** 65 bytes r ‖ s ‖ v over the EIP-712 digest of KomaEndorsement. */
  readonly signature: Bytes;
}

export type EndorsementRejection =
  | { readonly code: "UnknownEndorser"; readonly endorser: ValidatorIndex }
  | { readonly code: "BannedEndorser"; readonly endorser: ValidatorIndex }
  | { readonly code: "EndorsementsOff" }
  | {
      readonly code: "EndorsementSignature";
      readonly endorser: ValidatorIndex;
      readonly recovered: Address | undefined;
    };

const ENDORSEMENT_TYPE = "KomaEndorsement(bytes32 instance,uint32 endorser,bytes32 unit)";

/** What an endorser signs, 32 bytes. */
export function endorsementDigest(domain: Bytes, instance: Hash, endorser: ValidatorIndex, unit: UnitHash): Bytes {
  const words = [hexToBytes(instance), wordOf(endorser), hexToBytes(unit)];
  return typedDigest(domain, structHash(ENDORSEMENT_TYPE, words));
}

export function signEndorsement(
  { domain, id }: Instance,
  { endorser, unit, privateKey }: Omit<Endorsement, "signature"> & { readonly privateKey: Bytes },
): Endorsement {
  return { unit, endorser, signature: signDigest(endorsementDigest(domain, id, endorser, unit), privateKey) };
}

/** Checks an endorsement from a peer; says nothing about the unit. */
export function verifyEndorsement(
  endorsement: Endorsement,
  instance: Instance,
): Check<Endorsement, EndorsementRejection> {
  const { endorser, unit, signature } = endorsement;
  if (!instance.params.lnc) return reject({ code: "EndorsementsOff" });
  const validator = instance.committee.validators[endorser];
  if (validator === undefined) return reject({ code: "UnknownEndorser", endorser });
  if (instance.banned.has(endorser)) return reject({ code: "BannedEndorser", endorser });
  const recovered = instance.checks.recover(endorsementDigest(instance.domain, instance.id, endorser, unit), signature);
  if (recovered !== validator.signer) return reject({ code: "EndorsementSignature", endorser, recovered });
  return accept(endorsement);
}

/** `[unit, [[endorser, signature], …]]`, endorsers ascending: one form for one set. */
export function endorsementsToRlp(endorsements: readonly Endorsement[]): RlpItem {
  const sorted = [...endorsements].sort((a, b) => a.endorser - b.endorser);
  const [first] = sorted;
  if (first === undefined) throw new RangeError("no endorsements to encode");
  return [hexToBytes(first.unit), sorted.map(({ endorser, signature }) => [numberToBytes(endorser), signature])];
}

/** @throws {MalformedRlp} */
export function endorsementsFromRlp(item: RlpItem | undefined): readonly Endorsement[] {
  const fields = readList(item, 2);
  const unit = readUnitHash(fields[0]);
  const entries = readList(fields[1]);
  if (entries.length === 0 || entries.length > MAX_ENDORSERS) {
    throw new MalformedRlp(`${entries.length} endorsements of one unit`);
  }
  let last = -1;
  return entries.map((entry): Endorsement => {
    const [endorserItem, signature] = readList(entry, 2);
    const endorser = readNumber(endorserItem);
    if (endorser <= last) throw new MalformedRlp("endorsers not ascending");
    last = endorser;
    return { unit, endorser, signature: copyOf(readBytes(signature, 65)) };
  });
}

/** The same endorsements in as few messages as they fit into. */
export function inMessages(endorsements: readonly Endorsement[]): readonly (readonly Endorsement[])[] {
  const messages: Endorsement[][] = [];
  for (let i = 0; i < endorsements.length; i += MAX_ENDORSERS) messages.push(endorsements.slice(i, i + MAX_ENDORSERS));
  return messages;
}

/** Bytes for the store. */
export function encodeEndorsement(endorsement: Endorsement): Bytes {
  return encodeRlp(endorsementsToRlp([endorsement]));
}

export function decodeEndorsement(bytes: Bytes): Check<Endorsement, CodecRejection> {
  return decodeWith(bytes, (item) => {
    const [endorsement, ...more] = endorsementsFromRlp(item);
    if (endorsement === undefined || more.length > 0) throw new MalformedRlp("not one endorsement");
    return endorsement;
  });
}
