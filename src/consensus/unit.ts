import {
  type Branded,
  type Bytes,
  bytesToHex,
  domainSeparator,
  emptyBytes,
  encodeRlp,
  type Hash,
  type Hex,
  hashFromBytes,
  hexToBytes,
  keccak256,
  numberToBytes,
  type RlpItem,
  signDigest,
  structHash,
  type Timestamp,
  typedDigest,
  wordOf,
} from "../primitives/index.ts";
import type { ValidatorIndex } from "./committee.ts";

/** EIP-712 digest of a unit's header: what its creator signs and what others cite. */
export type UnitHash = Branded<Hex, "UnitHash">;

export function unitHashFromBytes(bytes: Bytes): UnitHash {
  return hashFromBytes(bytes) as Hex as UnitHash;
}

/** `observations[i]` of a unit body: nothing seen of validator i. */
export const SEEN_NOTHING = 0;
/** `observations[i]` of a unit body: validator i seen as faulty. Any greater number is s + 2: its unit number s. */
export const SEEN_FAULTY = 1;

/** Everything of a unit that only validators read; the header carries its hash. */
export interface UnitBody {
  /** keccak256 over one word per validator: zero, one (faulty), or the hash of its latest cited unit. */
  readonly panoramaRoot: Hash;
  /** One entry per validator: 0 nothing seen, 1 faulty, s + 2 its unit number s. */
  readonly observations: readonly number[];
  readonly t: Timestamp;
  /** The creator's rounds are `baseRoundMs · 2^roundExp` long. */
  readonly roundExp: number;
  /** keccak256 of the proposal's payload; undefined when the unit proposes nothing. */
  readonly blockHash: Hash | undefined;
  /** Endorsed units seen, sorted; always empty while endorsements are off. */
  readonly endorsed: readonly UnitHash[];
}

/** The part of a unit that evidence needs: of constant size whatever the committee's. */
export interface UnitHeader {
  readonly instance: Hash;
  readonly creator: ValidatorIndex;
  readonly seq: number;
  readonly prev: UnitHash | undefined;
  readonly bodyHash: Hash;
}

/** A unit as it came over the wire: well-formed, nothing else is known of it. */
export interface WireUnit {
  readonly instance: Hash;
  readonly creator: ValidatorIndex;
  readonly seq: number;
  readonly prev: UnitHash | undefined;
  readonly body: UnitBody;
  /** 65 bytes r ‖ s ‖ v over the unit hash. Not part of the unit's identity. */
  readonly signature: Bytes;
  /** Hash of every unit the panorama cites, in the order of validators. Transport only: the root binds them. */
  readonly hashes: readonly UnitHash[];
}

/** A unit with its identity. */
export interface SignedUnit extends WireUnit {
  readonly hash: UnitHash;
  readonly bodyHash: Hash;
}

const UNIT_TYPE = "KomaUnit(bytes32 instance,uint32 creator,uint64 seq,bytes32 prev,bytes32 bodyHash)";
const PING_TYPE = "KomaPing(bytes32 instance,uint32 creator,uint64 t)";

/** EIP-712 domain of every consensus signature of one chain. */
export function consensusDomain(chainId: bigint): Bytes {
  return domainSeparator({ name: "KoMaBFT", version: "1", chainId });
}

/** The RLP form that is hashed into the header; KoMaBFT spec 4. */
export function bodyToRlp(body: UnitBody): RlpItem {
  return [
    hexToBytes(body.panoramaRoot),
    body.observations.map(observationBytes),
    numberToBytes(body.t),
    numberToBytes(body.roundExp),
    body.blockHash === undefined ? emptyBytes : hexToBytes(body.blockHash),
    body.endorsed.map(hexToBytes),
  ];
}

/** Bytes of small numbers: every unit writes one number per validator. */
const SMALL: readonly Bytes[] = Array.from({ length: 1_024 }, (_, value) => numberToBytes(value));

function observationBytes(seen: number): Bytes {
  return SMALL[seen] ?? numberToBytes(seen);
}

export function hashBody(body: UnitBody): Hash {
  return hashFromBytes(keccak256(encodeRlp(bodyToRlp(body))));
}

/** What a unit's creator signs, 32 bytes. */
export function headerDigest(domain: Bytes, header: UnitHeader): Bytes {
  const words = [
    hexToBytes(header.instance),
    wordOf(header.creator),
    wordOf(header.seq),
    header.prev === undefined ? wordOf(0) : hexToBytes(header.prev),
    hexToBytes(header.bodyHash),
  ];
  return typedDigest(domain, structHash(UNIT_TYPE, words));
}

export function hashHeader(domain: Bytes, header: UnitHeader): UnitHash {
  return bytesToHex(headerDigest(domain, header)) as UnitHash;
}

/** What a validator signs to say that it is there, 32 bytes. */
export function pingDigest(domain: Bytes, instance: Hash, creator: ValidatorIndex, t: Timestamp): Bytes {
  return typedDigest(domain, structHash(PING_TYPE, [hexToBytes(instance), wordOf(creator), wordOf(t)]));
}

/** Adds hash and body hash to a unit from the wire. Says nothing about its signature. */
export function identifyUnit(domain: Bytes, unit: WireUnit): SignedUnit {
  const bodyHash = hashBody(unit.body);
  return { ...unit, bodyHash, hash: hashHeader(domain, { ...unit, bodyHash }) };
}

/** Signs a new unit. Deterministic (RFC 6979): the same content gives the same bytes. */
export function signUnit(domain: Bytes, content: Omit<WireUnit, "signature">, privateKey: Bytes): SignedUnit {
  const unit = identifyUnit(domain, { ...content, signature: emptyBytes });
  return { ...unit, signature: signDigest(hexToBytes(unit.hash), privateKey) };
}
