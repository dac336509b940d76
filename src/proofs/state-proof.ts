import { type AccountState, accountKey, decodeAccount, emptyCodeHash, emptyTrieRoot, slotKey } from "../chain/index.ts";
import {
  type Address,
  accept,
  type Bytes,
  type Check,
  decodeRlp,
  type Hash,
  type Hex,
  hexToBytes,
  isHex,
  MalformedRlp,
  readBigint,
  reject,
} from "../primitives/index.ts";
import type { ProofRejection } from "./proof-rejection.ts";
import { verifyTrieProof } from "./trie-proof.ts";

/** Answer of `eth_getProof` (EIP-1186). */
export interface AccountProof {
  readonly address: Address;
  readonly accountProof: readonly Hex[];
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly codeHash: Hash;
  readonly storageHash: Hash;
  readonly storageProof: readonly StorageProof[];
}

export interface StorageProof {
  readonly key: Hash;
  /** The word as a number; zero for a slot that is not there. */
  readonly value: bigint;
  readonly proof: readonly Hex[];
}

/** An account that was never touched, or is empty (EIP-161). */
export const absentAccount: AccountState = {
  nonce: 0n,
  balance: 0n,
  storageRoot: emptyTrieRoot,
  codeHash: emptyCodeHash,
};

/** State of an account under a state root; {@link absentAccount} when the nodes prove that it is not there. */
export function verifyAccount(
  stateRoot: Hash,
  address: Address,
  nodes: readonly Hex[],
): Check<AccountState, ProofRejection> {
  const leaf = valueAt(stateRoot, accountKey(address), nodes);
  if (!leaf.ok) return leaf;
  if (leaf.value === undefined) return accept(absentAccount);
  const account = decodeAccount(leaf.value);
  return account.ok ? account : reject({ code: "NonCanonicalRLP", reason: account.rejection.reason });
}

/** Word at a slot under a storage root, as a number; zero when the nodes prove that it is not there. */
export function verifySlot(storageRoot: Hash, slot: Hash, nodes: readonly Hex[]): Check<bigint, ProofRejection> {
  const leaf = valueAt(storageRoot, slotKey(slot), nodes);
  if (!leaf.ok) return leaf;
  if (leaf.value === undefined) return accept(0n);
  const rlp = decodeRlp(leaf.value);
  if (!rlp.ok) return reject({ code: "NonCanonicalRLP", reason: rlp.rejection.reason });
  try {
    const word = readBigint(rlp.value);
    return word === 0n ? reject({ code: "NonCanonicalRLP", reason: "a zero word is stored" }) : accept(word);
  } catch (error) {
    if (error instanceof MalformedRlp) return reject({ code: "NonCanonicalRLP", reason: error.message });
    throw error;
  }
}

/** True when every claim of the answer follows from the state root. */
export function verifyAccountProof(stateRoot: Hash, proof: AccountProof): Check<AccountState, ProofRejection> {
  const account = verifyAccount(stateRoot, proof.address, proof.accountProof);
  if (!account.ok) return account;
  const { nonce, balance, storageRoot, codeHash } = account.value;
  const claimed = proof.nonce === nonce && proof.balance === balance;
  if (!claimed || proof.storageHash !== storageRoot || proof.codeHash !== codeHash) {
    return reject({ code: "BadTrieProof", fault: "Value" });
  }
  for (const slot of proof.storageProof) {
    const word = verifySlot(storageRoot, slot.key, slot.proof);
    if (!word.ok) return word;
    if (word.value !== slot.value) return reject({ code: "BadTrieProof", fault: "Value" });
  }
  return account;
}

function valueAt(root: Hash, key: Bytes, nodes: readonly Hex[]): Check<Bytes | undefined, ProofRejection> {
  if (!nodes.every(isHex)) return reject({ code: "BadTrieProof", fault: "Malformed" });
  return verifyTrieProof(root, key, nodes.map(hexToBytes));
}
