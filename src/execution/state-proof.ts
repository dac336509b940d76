import { accountKey, emptyCodeHash, emptyTrieRoot, slotKey, type Trie } from "../chain/index.ts";
import { type Address, bytesToBigint, type Hash } from "../primitives/index.ts";
import type { AccountProof } from "./executor.ts";
import type { StateView } from "./state-view.ts";

/**
 * Proof of an account and of slots of it, or that they do not exist (EIP-1186).
 *
 * @param accounts  account trie after the block that `view` is of
 * @param storage   storage trie of the account after the same block
 */
export function proveAccount(
  address: Address,
  slots: readonly Hash[],
  { view, accounts, storage }: { readonly view: StateView; readonly accounts: Trie; readonly storage: Trie },
): AccountProof {
  const account = view.account(address);
  return {
    address,
    accountProof: accounts.prove(accountKey(address)),
    balance: account?.balance ?? 0n,
    nonce: account?.nonce ?? 0n,
    codeHash: account?.codeHash ?? emptyCodeHash,
    storageHash: account?.storageRoot ?? emptyTrieRoot,
    storageProof: slots.map((key) => ({
      key,
      value: bytesToBigint(view.slot(address, key)),
      proof: storage.prove(slotKey(key)),
    })),
  };
}
