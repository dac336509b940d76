import { type AccountState, emptyCodeHash, emptyTrieRoot, Trie } from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import type { BlockState, StorageChanges } from "./block-state.ts";
import type { StateDiff } from "./state-store.ts";
import { applyToTries, type LayerTries, type StateTries, slotEntry } from "./state-tries.ts";
import type { StateView } from "./state-view.ts";

export interface FinishedState {
  readonly diff: StateDiff;
  readonly tries: LayerTries;
  readonly root: Hash;
}

/**
 * Ends a block: what changed against the parent, with new storage roots, and the tries after it. The one place where a
 * block hashes its state.
 *
 * @param parent  state before the block
 * @param below   tries before the block
 */
export function finishBlockState(state: BlockState, parent: StateView, below: StateTries): FinishedState {
  const accounts = new Map<Address, AccountState | undefined>();
  const storage = new Map<Address, StorageChanges>();
  const code = new Map<Hash, Bytes>();
  const tries = new Map<Address, Trie>();

  for (const address of state.writtenAccounts()) {
    const before = parent.account(address);
    const account = state.account(address);
    if (account === undefined) {
      if (before === undefined) continue;
      accounts.set(address, undefined);
      if (before.storageRoot !== emptyTrieRoot) {
        storage.set(address, { cleared: true, slots: new Map() });
        tries.set(address, Trie.empty);
      }
      continue;
    }
    const changes = state.storageChanges(address);
    const storageRoot = changes ? changedStorageRoot(address, before, changes) : (before?.storageRoot ?? emptyTrieRoot);
    if (before !== undefined && sameAccount(before, account) && before.storageRoot === storageRoot) continue;
    accounts.set(address, { ...account, storageRoot });
    if (changes) storage.set(address, changes);
    if (account.codeHash !== emptyCodeHash && account.codeHash !== before?.codeHash) {
      const bytes = state.newCode(account.codeHash);
      if (bytes !== undefined) code.set(account.codeHash, bytes);
    }
  }

  function changedStorageRoot(address: Address, before: AccountState | undefined, changes: StorageChanges): Hash {
    const old = changes.cleared || before === undefined ? Trie.empty : below.storage(address, before.storageRoot);
    const trie = old.update([...changes.slots].map(([key, value]) => slotEntry(key, value)));
    tries.set(address, trie);
    return trie.root();
  }

  const diff: StateDiff = { accounts, storage, code };
  const after = applyToTries(below, diff, tries);
  return { diff, tries: after, root: after.accounts.root() };
}

function sameAccount(a: AccountState, b: AccountState): boolean {
  return a.nonce === b.nonce && a.balance === b.balance && a.codeHash === b.codeHash;
}
