import {
  type Address,
  accept,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  type Check,
  decodeRlp,
  emptyBytes,
  encodeRlp,
  equalBytes,
  type Hash,
  hashToBytes,
  keccakHash,
  MalformedRlp,
  type RlpItem,
  readAddress,
  readBigint,
  readBytes,
  readHash,
  readList,
  reject,
} from "../primitives/index.ts";
import { bloomBytes } from "./bloom.ts";
import { maxHeaderBytes } from "./limits.ts";

/**
 * What varies in a header of the chain. The other seven of Cancun's twenty fields are constants: no uncles, difficulty 0,
 * nonce 0, no withdrawals, no blob gas, parent beacon root zero.
 */
export interface BlockHeader {
  readonly parentHash: Hash;
  /** Key of the producer; of the leader's signer in an open slot. */
  readonly coinbase: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Bytes;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Seconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** Up to 32 free bytes and the producer's seal of 65 bytes. */
  readonly extraData: Bytes;
  readonly prevRandao: Hash;
  /** Wei per gas. */
  readonly baseFeePerGas: bigint;
}

export type HeaderRejection =
  | { readonly code: "MalformedHeader"; readonly reason: string }
  | { readonly code: "ConstantField"; readonly field: string };

/** keccak256 of the RLP of an empty list. */
export const emptyUnclesHash = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347" as Hash;

/** Root of a Merkle-Patricia trie without entries: keccak256 of the RLP of the empty string. */
export const emptyTrieRoot = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421" as Hash;

const EMPTY_UNCLES = hashToBytes(emptyUnclesHash);
const EMPTY_TRIE = hashToBytes(emptyTrieRoot);
const ZERO_NONCE = new Uint8Array(8);
const ZERO_WORD = new Uint8Array(32);

/** Where each constant stands among the twenty fields, and what it is. */
const CONSTANTS: readonly (readonly [index: number, field: string, value: Bytes])[] = [
  [1, "ommersHash", EMPTY_UNCLES],
  [7, "difficulty", emptyBytes],
  [14, "nonce", ZERO_NONCE],
  [16, "withdrawalsRoot", EMPTY_TRIE],
  [17, "blobGasUsed", emptyBytes],
  [18, "excessBlobGas", emptyBytes],
  [19, "parentBeaconBlockRoot", ZERO_WORD],
];

/** The twenty fields of a Cancun header, in the order in which they are hashed. */
export function headerItems(header: BlockHeader): readonly RlpItem[] {
  return [
    hashToBytes(header.parentHash),
    EMPTY_UNCLES,
    addressToBytes(header.coinbase),
    hashToBytes(header.stateRoot),
    hashToBytes(header.transactionsRoot),
    hashToBytes(header.receiptsRoot),
    header.logsBloom,
    emptyBytes,
    bigintToBytes(header.number),
    bigintToBytes(header.gasLimit),
    bigintToBytes(header.gasUsed),
    bigintToBytes(header.timestamp),
    header.extraData,
    hashToBytes(header.prevRandao),
    ZERO_NONCE,
    bigintToBytes(header.baseFeePerGas),
    EMPTY_TRIE,
    emptyBytes,
    emptyBytes,
    ZERO_WORD,
  ];
}

export function encodeHeader(header: BlockHeader): Bytes {
  return encodeRlp(headerItems(header));
}

export function hashHeader(header: BlockHeader): Hash {
  return keccakHash(encodeHeader(header));
}

/** Reads strictly: exactly twenty fields, each constant with its only value, so that hashing again gives the same hash. */
export function decodeHeader(bytes: Bytes): Check<BlockHeader, HeaderRejection> {
  if (bytes.length > maxHeaderBytes) return malformed(`${bytes.length} bytes are more than ${maxHeaderBytes}`);
  const rlp = decodeRlp(bytes);
  if (!rlp.ok) return malformed(rlp.rejection.reason);
  try {
    const f = readList(rlp.value, 20);
    for (const [index, field, value] of CONSTANTS) {
      if (!equalBytes(readBytes(f[index]), value)) return reject({ code: "ConstantField", field });
    }
    return accept({
      parentHash: readHash(f[0]),
      coinbase: readAddress(f[2]),
      stateRoot: readHash(f[3]),
      transactionsRoot: readHash(f[4]),
      receiptsRoot: readHash(f[5]),
      logsBloom: new Uint8Array(readBytes(f[6], bloomBytes)),
      number: readBigint(f[8], 8),
      gasLimit: readBigint(f[9], 8),
      gasUsed: readBigint(f[10], 8),
      timestamp: readBigint(f[11], 8),
      extraData: new Uint8Array(readBytes(f[12])),
      prevRandao: readHash(f[13]),
      baseFeePerGas: readBigint(f[15]),
    });
  } catch (error) {
    if (error instanceof MalformedRlp) return malformed(error.message);
    throw error;
  }
}

function malformed(reason: string): { readonly ok: false; readonly rejection: HeaderRejection } {
  return reject({ code: "MalformedHeader", reason });
}
