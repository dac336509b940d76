import { emptyTrieRoot, Trie } from "../chain/index.ts";
import type { Address, Bytes, Hash } from "../primitives/index.ts";
import { stateCorrupt } from "./errors.ts";
import type { FinalState } from "./final-state.ts";
import type { Pacer } from "./pacer.ts";
import type { StateStore } from "./state-store.ts";
import { accountEntry, type FinalTries, slotEntry } from "./state-tries.ts";

/** Ancestors whose tries stay in memory: blocks that come late come in bunches, on one parent or on neighbours. */
const KEPT_ANCESTORS = 4;
const KEPT_STORAGE_TRIES = 64;
/** Changes that go into a trie at once. */
const BATCH = 256;
/** Slots looked at between two pauses. */
const SLOTS_AT_ONCE = 256;

interface Ancestor {
  readonly accounts: Trie;
  readonly storage: Map<Address, Trie>;
}

type Change = readonly [Bytes, Bytes | undefined];

/**
 * Tries after final blocks below the head, made from the head's by putting back what changed since. It takes as long as
 * there are changes, but never long at a time, and the head may move on meanwhile: a value after a final block stays what
 * it was, and the trie that the work began with is not touched.
 */
export class AncestorTries {
  readonly #store: StateStore;
  readonly #state: FinalState;
  readonly #tries: FinalTries;
  readonly #pacer: Pacer;
  /** The one used last comes last. A rollback puts another map here: what is still being made then goes into the old one. */
  #kept: Map<bigint, Ancestor> = new Map();

  constructor(store: StateStore, state: FinalState, tries: FinalTries, pacer: Pacer) {
    this.#store = store;
    this.#state = state;
    this.#tries = tries;
    this.#pacer = pacer;
  }

  /**
   * The account trie after final block `number`, whose root is known.
   *
   * @throws {EnvironmentError} KOMA_E_STATE_CORRUPT
   */
  async accounts(number: bigint, root: Hash): Promise<Trie> {
    return (await this.#ancestor(number, root)).accounts;
  }

  /** The storage trie of an account after the same block; its root is that of the account then. */
  async storage(address: Address, root: Hash, of: { readonly number: bigint; readonly root: Hash }): Promise<Trie> {
    const ancestor = await this.#ancestor(of.number, of.root);
    const known = ancestor.storage.get(address);
    if (known) return known;
    const trie = await this.#rebuildStorage(address, root, of.number);
    if (ancestor.storage.size >= KEPT_STORAGE_TRIES) ancestor.storage.clear();
    ancestor.storage.set(address, trie);
    return trie;
  }

  /** `trie` with many changes, hashes included, in steps between which others may run. */
  async update<T>(trie: Trie, items: readonly T[], entry: (item: T) => Change): Promise<Trie> {
    let updated = trie;
    for (let start = 0; start < items.length; start += BATCH) {
      updated = updated.update(items.slice(start, start + BATCH).map(entry));
      // Hashes are computed when first asked for: asking after each batch keeps the last question short.
      updated.root();
      await this.#pacer.pause();
    }
    return updated;
  }

  /** After a rollback: numbers may mean other blocks. */
  clear(): void {
    this.#kept = new Map();
  }

  async #ancestor(number: bigint, root: Hash): Promise<Ancestor> {
    const kept = this.#kept;
    const ancestor = kept.get(number) ?? {
      accounts: await this.#rebuildAccounts(number, root),
      storage: new Map<Address, Trie>(),
    };
    kept.delete(number);
    kept.set(number, ancestor);
    for (const oldest of kept.keys()) if (kept.size > KEPT_ANCESTORS) kept.delete(oldest);
    return ancestor;
  }

  async #rebuildAccounts(number: bigint, root: Hash): Promise<Trie> {
    const nearest = this.#nearest(number);
    const [first, last] = nearest.number < number ? [nearest.number, number] : [number, nearest.number];
    const seen = new Set<Address>();
    let trie = nearest.accounts;
    for (let block = first; block < last; block++) {
      const changed = [...this.#store.changedAccounts(block, block + 1n)].filter((address) => !seen.has(address));
      for (const address of changed) seen.add(address);
      trie = await this.update(trie, changed, (address) =>
        accountEntry(address, this.#store.accountAt(address, number)),
      );
      // Also where blocks changed nothing: walking over many of them takes its time, too.
      await this.#pacer.pause();
    }
    if (trie.root() !== root) throw stateCorrupt(`the account trie after block ${number}`, root, trie.root());
    return trie;
  }

  /** The trie from which the fewest blocks lead to `number`. */
  #nearest(number: bigint): { readonly number: bigint; readonly accounts: Trie } {
    let nearest = { number: this.#state.number, accounts: this.#tries.accounts };
    for (const [kept, { accounts }] of this.#kept) {
      if (distance(kept, number) < distance(nearest.number, number)) nearest = { number: kept, accounts };
    }
    return nearest;
  }

  async #rebuildStorage(address: Address, root: Hash, number: bigint): Promise<Trie> {
    if (root === emptyTrieRoot) return Trie.empty;
    const now = this.#store.account(address)?.storageRoot ?? emptyTrieRoot;
    let trie = this.#tries.storage(address, now);
    if (now === root) return trie;
    let after: Hash | undefined;
    do {
      const { changes, next } = this.#store.changedSlotsAfter(address, number, after, SLOTS_AT_ONCE);
      trie = await this.update(trie, changes, ([key, value]) => slotEntry(key, value));
      after = next;
    } while (after !== undefined);
    if (trie.root() !== root) throw stateCorrupt(`the storage of ${address} after block ${number}`, root, trie.root());
    return trie;
  }
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}
