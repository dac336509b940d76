import {
  type Address,
  accept,
  addressToBytes,
  type Bytes,
  bigintToBytes,
  type Check,
  decodeRlp,
  encodeRlp,
  type Hash,
  hashToBytes,
  keccak256,
  MalformedRlp,
  readBigint,
  readHash,
  readList,
  reject,
} from "../primitives/index.ts";

/** An account as it stands in the state trie. */
export interface AccountState {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
  readonly storageRoot: Hash;
  readonly codeHash: Hash;
}

export type AccountRejection = { readonly code: "MalformedAccount"; readonly reason: string };

/** keccak256 of no bytes: code hash of an account without code. */
export const emptyCodeHash = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470" as Hash;

/** Leaf of the state trie: RLP of [nonce, balance, storageRoot, codeHash] (Yellow Paper 4.1). */
export function encodeAccount(account: AccountState): Bytes {
  return encodeRlp([
    bigintToBytes(account.nonce),
    bigintToBytes(account.balance),
    hashToBytes(account.storageRoot),
    hashToBytes(account.codeHash),
  ]);
}

export function decodeAccount(bytes: Bytes): Check<AccountState, AccountRejection> {
  const rlp = decodeRlp(bytes);
  if (!rlp.ok) return reject({ code: "MalformedAccount", reason: rlp.rejection.reason });
  try {
    const [nonce, balance, storageRoot, codeHash] = readList(rlp.value, 4);
    return accept({
      nonce: readBigint(nonce, 8),
      balance: readBigint(balance),
      storageRoot: readHash(storageRoot),
      codeHash: readHash(codeHash),
    });
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "MalformedAccount", reason: error.message });
    throw error;
  }
}

/** Key of an account in the state trie. */
export function accountKey(address: Address): Bytes {
  return keccak256(addressToBytes(address));
}

/** Key of a slot in its account's storage trie. */
export function slotKey(slot: Hash): Bytes {
  return keccak256(hashToBytes(slot));
}

/** Leaf of a storage trie: RLP of the word without its leading zeros. */
export function encodeSlotValue(word: Bytes): Bytes {
  return encodeRlp(trimZeros(word));
}

/** Bytes without leading zeros; a zero word becomes the empty string, which no storage trie holds. */
export function trimZeros(word: Bytes): Bytes {
  let start = 0;
  while (start < word.length && word[start] === 0) start++;
  return start === 0 ? word : word.subarray(start);
}
