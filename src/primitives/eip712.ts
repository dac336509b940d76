import { type Address, addressToBytes } from "./address.ts";
import { type Bytes, concatBytes, utf8 } from "./bytes.ts";
import type { Hash } from "./hash.ts";
import { bigintToFixedBytes, numberToBytes } from "./integers.ts";
import { keccak256 } from "./keccak.ts";

/** One 32-byte word of `abi.encode`. */
export function wordOf(value: bigint | number): Bytes {
  if (typeof value === "bigint") return bigintToFixedBytes(value, 32);
  const short = numberToBytes(value);
  const word = new Uint8Array(32);
  word.set(short, 32 - short.length);
  return word;
}

export function addressWord(address: Address): Bytes {
  return concatBytes(new Uint8Array(12), addressToBytes(address));
}

/** The address in a word; undefined when the word's high bytes are not zero. */
export function addressFromWord(word: Hash): Address | undefined {
  return word.startsWith(`0x${"00".repeat(12)}`) ? (`0x${word.slice(26)}` as Address) : undefined;
}

export interface TypedDataDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract?: Address;
}

/** `hashStruct(EIP712Domain)` with the fields that are present, in the order of EIP-712. */
export function domainSeparator(domain: TypedDataDomain): Bytes {
  const contract = domain.verifyingContract;
  const type = `EIP712Domain(string name,string version,uint256 chainId${contract ? ",address verifyingContract" : ""})`;
  return keccak256(
    concatBytes(
      keccak256(utf8(type)),
      keccak256(utf8(domain.name)),
      keccak256(utf8(domain.version)),
      wordOf(domain.chainId),
      ...(contract ? [addressWord(contract)] : []),
    ),
  );
}

/** `hashStruct` of a type whose members are all static words, given in order. */
export function structHash(type: string, words: readonly Bytes[]): Bytes {
  return keccak256(concatBytes(typeHash(type), ...words));
}

/** Hashes of the types that were asked for: a handful of constants of the program, each hashed once. */
const typeHashes = new Map<string, Bytes>();
const MAX_TYPES = 256;

function typeHash(type: string): Bytes {
  const known = typeHashes.get(type);
  if (known !== undefined) return known;
  const hash = keccak256(utf8(type));
  if (typeHashes.size < MAX_TYPES) typeHashes.set(type, hash);
  return hash;
}

/** What is signed: keccak256(0x1901 ‖ domain ‖ struct). */
export function typedDigest(domain: Bytes, struct: Bytes): Bytes {
  return keccak256(concatBytes(Uint8Array.of(0x19, 0x01), domain, struct));
}
