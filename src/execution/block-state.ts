import { type AccountState, type BalanceMove, emptyCodeHash, emptyTrieRoot } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { type Address, type Bytes, emptyBytes, equalBytes, type Hash, keccakHash } from "../primitives/index.ts";
import type { StateView } from "./state-view.ts";

/** An account that does not exist yet, as the EVM sees it. */
export const emptyAccount: AccountState = {
  nonce: 0n,
  balance: 0n,
  storageRoot: emptyTrieRoot,
  codeHash: emptyCodeHash,
};

/** EIP-161: no code, no nonce, no balance. */
export function isEmptyAccount(account: AccountState): boolean {
  return account.nonce === 0n && account.balance === 0n && account.codeHash === emptyCodeHash;
}

/** Storage of one account during a block. */
interface StorageOverlay {
  /** Everything below counts as zero. */
  readonly cleared: boolean;
  /** Values read from below. */
  readonly loaded: Map<Hash, Bytes>;
  readonly written: Map<Hash, Bytes>;
}

/** What became of one account's storage in a block. */
export interface StorageChanges {
  readonly cleared: boolean;
  readonly slots: Map<Hash, Bytes>;
}

/**
 * The state while a block runs: a dirty set over the parent's state, with a journal so that calls and transactions can be
 * taken back. `storageRoot` of the accounts in it is that of the parent; roots are computed once, after the block.
 */
export class BlockState implements StateView {
  readonly #below: StateView;
  readonly #accounts = new Map<Address, AccountState | undefined>();
  readonly #written = new Set<Address>();
  readonly #storage = new Map<Address, StorageOverlay>();
  readonly #code = new Map<Hash, Bytes>();
  /** Balances at the start of the transaction of accounts it wrote. */
  readonly #balances = new Map<Address, bigint>();
  /** Values at the start of the transaction of slots it wrote (EIP-2200). */
  readonly #original = new Map<string, Bytes>();
  /** How to take back each change, newest last. */
  readonly #journal: (() => void)[] = [];
  readonly #marks: number[] = [];

  constructor(below: StateView) {
    this.#below = below;
  }

  account(address: Address): AccountState | undefined {
    const known = this.#accounts.get(address);
    if (known !== undefined || this.#accounts.has(address)) return known;
    const account = this.#below.account(address);
    this.#accounts.set(address, account);
    return account;
  }

  setAccount(address: Address, account: AccountState | undefined): void {
    const before = this.account(address);
    this.#journal.push(() => this.#accounts.set(address, before));
    if (!this.#balances.has(address)) this.#balances.set(address, before?.balance ?? 0n);
    this.#accounts.set(address, account);
    this.#written.add(address);
  }

  /** Removes the account with its storage. */
  deleteAccount(address: Address): void {
    this.clearStorage(address);
    this.setAccount(address, undefined);
  }

  code(hash: Hash): Bytes {
    if (hash === emptyCodeHash) return emptyBytes;
    return this.#code.get(hash) ?? this.#below.code(hash);
  }

  setCode(address: Address, code: Bytes): void {
    const codeHash = code.length === 0 ? emptyCodeHash : keccakHash(code);
    // Never taken back: code that no account refers to is dropped when the block is finished.
    if (code.length > 0) this.#code.set(codeHash, code);
    this.setAccount(address, { ...(this.account(address) ?? emptyAccount), codeHash });
  }

  slot(address: Address, key: Hash): Bytes {
    const overlay = this.#overlay(address);
    const known = overlay.written.get(key) ?? overlay.loaded.get(key);
    if (known !== undefined) return known;
    const value = overlay.cleared ? emptyBytes : this.#below.slot(address, key);
    overlay.loaded.set(key, value);
    return value;
  }

  /** @param value without leading zeros */
  setSlot(address: Address, key: Hash, value: Bytes): void {
    const before = this.slot(address, key);
    const name = address + key;
    if (!this.#original.has(name)) this.#original.set(name, before);
    const { written } = this.#overlay(address);
    const known = written.get(key);
    this.#journal.push(() => {
      if (known === undefined) written.delete(key);
      else written.set(key, known);
    });
    written.set(key, value);
  }

  /** Value of a slot when the current transaction began. */
  originalSlot(address: Address, key: Hash): Bytes {
    return this.#original.get(address + key) ?? this.slot(address, key);
  }

  clearStorage(address: Address): void {
    const before = this.#overlay(address);
    if (before.cleared && before.written.size === 0) return;
    if (!before.cleared && before.written.size === 0 && this.account(address)?.storageRoot === emptyTrieRoot) return;
    this.#journal.push(() => this.#storage.set(address, before));
    this.#storage.set(address, { cleared: true, loaded: new Map(), written: new Map() });
  }

  checkpoint(): void {
    this.#marks.push(this.#journal.length);
  }

  commit(): void {
    if (this.#marks.pop() === undefined) throw new BugError("commit without a checkpoint");
  }

  revert(): void {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new BugError("revert without a checkpoint");
    while (this.#journal.length > mark) this.#journal.pop()?.();
  }

  /**
   * Ends a transaction: it cannot be taken back any more, and the next one starts from what it wrote.
   *
   * @returns the balances that it changed, in the order in which it first wrote to them
   */
  endTransaction(): readonly BalanceMove[] {
    if (this.#marks.length > 0) throw new BugError("transaction ended inside a checkpoint");
    const moves: BalanceMove[] = [];
    for (const [account, before] of this.#balances) {
      const after = this.#accounts.get(account)?.balance ?? 0n;
      if (after !== before) moves.push({ account, before, after });
    }
    this.#journal.length = 0;
    this.#original.clear();
    this.#balances.clear();
    return moves;
  }

  /** Takes the whole current transaction back, from within any checkpoint. */
  abandonTransaction(): void {
    this.#marks.length = 0;
    while (this.#journal.length > 0) this.#journal.pop()?.();
    this.#original.clear();
    this.#balances.clear();
  }

  /** Accounts that may have changed. */
  writtenAccounts(): ReadonlySet<Address> {
    const addresses = new Set(this.#written);
    for (const [address, overlay] of this.#storage) {
      if (overlay.cleared || overlay.written.size > 0) addresses.add(address);
    }
    return addresses;
  }

  /** What really changed in the storage of an account, against the parent; undefined for nothing. */
  storageChanges(address: Address): StorageChanges | undefined {
    const overlay = this.#storage.get(address);
    if (overlay === undefined) return undefined;
    const before = this.#below.account(address);
    const cleared = overlay.cleared && before !== undefined && before.storageRoot !== emptyTrieRoot;
    const slots = new Map<Hash, Bytes>();
    for (const [key, value] of overlay.written) {
      const old = overlay.cleared ? emptyBytes : (overlay.loaded.get(key) ?? emptyBytes);
      if (!equalBytes(old, value)) slots.set(key, value);
    }
    return cleared || slots.size > 0 ? { cleared, slots } : undefined;
  }

  /** Code by hash that this block brought. */
  newCode(hash: Hash): Bytes | undefined {
    return this.#code.get(hash);
  }

  #overlay(address: Address): StorageOverlay {
    let overlay = this.#storage.get(address);
    if (overlay === undefined) {
      overlay = { cleared: false, loaded: new Map(), written: new Map() };
      this.#storage.set(address, overlay);
    }
    return overlay;
  }
}
