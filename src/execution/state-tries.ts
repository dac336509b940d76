import {
  type AccountState,
  accountKey,
  emptyTrieRoot,
  encodeAccount,
  encodeSlotValue,
  slotKey,
  Trie,
} from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import { stateCorrupt } from "./errors.ts";
import type { StateDiff, StateStore } from "./state-store.ts";

/** How many accounts' storage tries stay in memory; others are rebuilt from their slots when next written. */
const KEPT_STORAGE_TRIES = 2_000;

/** The tries after some block: an index of hashes over the flat state. */
export interface StateTries {
  readonly accounts: Trie;
  /** Storage trie of an account, whose root is known to be `root`. */
  storage(address: Address, root: Hash): Trie;
}

export function accountEntry(address: Address, account: AccountState | undefined): readonly [Bytes, Bytes | undefined] {
  return [accountKey(address), account && encodeAccount(account)];
}

export function slotEntry(key: Hash, value: Bytes): readonly [Bytes, Bytes | undefined] {
  return [slotKey(key), value.length === 0 ? undefined : encodeSlotValue(value)];
}

/** Tries of the final head, in memory; storage tries are built when first needed. */
export class FinalTries implements StateTries {
  readonly #store: StateStore;
  readonly #storage = new Map<Address, Trie>();
  #accounts: Trie;

  private constructor(store: StateStore, accounts: Trie) {
    this.#store = store;
    this.#accounts = accounts;
  }

  /**
   * Rebuilds the trie of all accounts, about 6 µs each.
   *
   * @throws {EnvironmentError} KOMA_E_STATE_CORRUPT when its root is not `expected`
   */
  static rebuild(store: StateStore, expected: Hash): FinalTries {
    const tries = new FinalTries(store, Trie.fromEntries(accountEntries(store)));
    checkRoot("the account trie", expected, tries.#accounts.root());
    return tries;
  }

  get accounts(): Trie {
    return this.#accounts;
  }

  storage(address: Address, root: Hash): Trie {
    if (root === emptyTrieRoot) return Trie.empty;
    const known = this.#storage.get(address);
    if (known !== undefined && known.root() === root) return known;
    const trie = Trie.fromEntries(slotEntries(this.#store, address));
    checkRoot(`the storage of ${address}`, root, trie.root());
    this.#keep(address, trie);
    return trie;
  }

  /** Takes over the tries of a block that became final. */
  advance(accounts: Trie, storage: ReadonlyMap<Address, Trie>): void {
    this.#accounts = accounts;
    for (const [address, trie] of storage) this.#keep(address, trie);
  }

  /** After the store goes back to a block whose account trie is `accounts`. */
  rollback(accounts: Trie): void {
    this.#accounts = accounts;
    this.#storage.clear();
  }

  #keep(address: Address, trie: Trie): void {
    // Re-inserting makes the map's order that of last use.
    this.#storage.delete(address);
    this.#storage.set(address, trie);
    if (this.#storage.size <= KEPT_STORAGE_TRIES) return;
    for (const oldest of this.#storage.keys()) {
      this.#storage.delete(oldest);
      return;
    }
  }
}

function* accountEntries(store: StateStore): Iterable<readonly [Bytes, Bytes]> {
  for (const [address, account] of store.accounts()) yield [accountKey(address), encodeAccount(account)];
}

function* slotEntries(store: StateStore, address: Address): Iterable<readonly [Bytes, Bytes]> {
  for (const [key, value] of store.slots(address)) yield [slotKey(key), encodeSlotValue(value)];
}

function checkRoot(what: string, expected: Hash, found: Hash): void {
  if (found !== expected) throw stateCorrupt(what, expected, found);
}

/** Tries after a block that is not final yet: the parent's with what the block changed. */
export class LayerTries implements StateTries {
  readonly accounts: Trie;
  readonly changedStorage: ReadonlyMap<Address, Trie>;
  #below: StateTries;

  constructor(below: StateTries, accounts: Trie, changedStorage: ReadonlyMap<Address, Trie>) {
    this.#below = below;
    this.accounts = accounts;
    this.changedStorage = changedStorage;
  }

  storage(address: Address, root: Hash): Trie {
    return this.changedStorage.get(address) ?? this.#below.storage(address, root);
  }

  /** The parent became final. */
  settle(below: FinalTries): void {
    this.#below = below;
  }
}

/** Tries after `diff`, whose accounts already carry their new storage roots. */
export function applyToTries(
  below: StateTries,
  diff: StateDiff,
  changedStorage: ReadonlyMap<Address, Trie>,
): LayerTries {
  const changes: (readonly [Bytes, Bytes | undefined])[] = [];
  for (const [address, account] of diff.accounts) changes.push(accountEntry(address, account));
  return new LayerTries(below, below.accounts.update(changes), changedStorage);
}
