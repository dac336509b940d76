import { type AccountState, emptyCodeHash } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { type Address, type Bytes, emptyBytes, type Hash } from "../primitives/index.ts";
import { stateUnavailable } from "./errors.ts";
import { GenerationalCache } from "./generational-cache.ts";
import type { StateDiff, StateStore } from "./state-store.ts";
import type { StateView } from "./state-view.ts";

const CACHED_ACCOUNTS = 50_000;
const CACHED_SLOTS = 100_000;
const CACHED_CODES = 1_000;

/** The flat state after the final head, cached in memory, and views of it and of earlier blocks. */
export class FinalState {
  readonly #store: StateStore;
  readonly #accounts = new GenerationalCache<Address, AccountState | undefined>(CACHED_ACCOUNTS);
  readonly #slots = new GenerationalCache<string, Bytes>(CACHED_SLOTS);
  readonly #codes = new GenerationalCache<Hash, Bytes>(CACHED_CODES);
  #number: bigint;
  /** Counts rollbacks: a view from before one may describe a block that no longer is. */
  #epoch = 0;

  constructor(store: StateStore, number: bigint) {
    this.#store = store;
    this.#number = number;
  }

  get number(): bigint {
    return this.#number;
  }

  /**
   * State after final block `number`. It stays that of this block when the head moves on: reads then go through the undo
   * rows. After a rollback the view refuses to answer.
   *
   * @throws {ProtocolError} KOMA_E_STATE_UNAVAILABLE, here or from a later read
   */
  view(number: bigint): StateView {
    const epoch = this.#epoch;
    const current = () => {
      const oldest = this.#store.historyStart();
      if (epoch !== this.#epoch || number > this.#number || number < oldest) throw stateUnavailable(number, oldest);
      return false;
    };
    const isHead = () => (epoch === this.#epoch && number === this.#number) || current();
    isHead();
    return {
      account: (address) => (isHead() ? this.#account(address) : this.#store.accountAt(address, number)),
      slot: (address, key) =>
        isHead() ? this.#slot(address, key) : (this.#store.slotAt(address, key, number) ?? emptyBytes),
      code: (hash) => this.#code(hash),
    };
  }

  /** Takes over what a block changed; the store has it already. */
  advance(number: bigint, diff: StateDiff): void {
    this.#number = number;
    for (const [address, account] of diff.accounts) this.#accounts.set(address, account);
    for (const [address, storage] of diff.storage) {
      // Practically never: only an account without code or nonce but with storage from the genesis can be cleared.
      if (storage.cleared) this.#slots.clear();
      for (const [key, value] of storage.slots) this.#slots.set(address + key, value);
    }
    for (const [hash, code] of diff.code) this.#codes.set(hash, code);
  }

  /** After the store went back to `number`. */
  rollback(number: bigint): void {
    this.#epoch++;
    this.#number = number;
    this.#accounts.clear();
    this.#slots.clear();
  }

  #account(address: Address): AccountState | undefined {
    const cached = this.#accounts.get(address);
    if (cached !== undefined || this.#accounts.has(address)) return cached;
    const account = this.#store.account(address);
    this.#accounts.set(address, account);
    return account;
  }

  #slot(address: Address, key: Hash): Bytes {
    const name = address + key;
    const cached = this.#slots.get(name);
    if (cached !== undefined) return cached;
    const value = this.#store.slot(address, key) ?? emptyBytes;
    this.#slots.set(name, value);
    return value;
  }

  #code(hash: Hash): Bytes {
    if (hash === emptyCodeHash) return emptyBytes;
    const cached = this.#codes.get(hash);
    if (cached !== undefined) return cached;
    const code = this.#store.code(hash);
    if (code === undefined) throw new BugError(`code ${hash} is not in the store`);
    this.#codes.set(hash, code);
    return code;
  }
}
