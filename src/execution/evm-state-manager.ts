import type { AccountFields, StateManagerInterface } from "@ethereumjs/common";
import { Account, type Address as EvmAddress, KECCAK256_NULL, KECCAK256_RLP } from "@ethereumjs/util";
import { type AccountState, emptyCodeHash, emptyTrieRoot, trimZeros } from "../chain/index.ts";
import { BugError } from "../errors.ts";
import { addressFromBytes, type Bytes, type Hash, hashFromBytes, hashToBytes } from "../primitives/index.ts";
import { type BlockState, emptyAccount } from "./block-state.ts";
import { GenerationalCache } from "./generational-cache.ts";

/** Hashes as bytes and back without converting the same one twice: an EVM reads one account many times. */
class HashBytes {
  readonly #bytes = new GenerationalCache<Hash, Bytes>(4_096);
  readonly #hashes = new WeakMap<Bytes, Hash>();

  bytes(hash: Hash): Bytes {
    const known = this.#bytes.get(hash);
    if (known !== undefined) return known;
    const bytes = hashToBytes(hash);
    this.#bytes.set(hash, bytes);
    this.#hashes.set(bytes, hash);
    return bytes;
  }

  hash(bytes: Bytes): Hash {
    return this.#hashes.get(bytes) ?? hashFromBytes(bytes);
  }
}

/**
 * The state manager that `@ethereumjs/evm` asks, over one {@link BlockState} at a time. Roots are not its business: they
 * are computed once per block from the dirty set.
 */
export class EvmStateManager implements StateManagerInterface {
  readonly #hashes = new HashBytes();
  #state: BlockState | undefined;

  readonly originalStorageCache = {
    get: async (address: EvmAddress, key: Bytes): Promise<Bytes> =>
      this.state.originalSlot(addressFromBytes(address.bytes), hashFromBytes(key)),
    // The block state forgets by itself when a transaction ends.
    clear(): void {},
  };

  attach(state: BlockState): void {
    this.#state = state;
  }

  get state(): BlockState {
    if (this.#state === undefined) throw new BugError("the EVM runs without a state");
    return this.#state;
  }

  async getAccount(address: EvmAddress): Promise<Account | undefined> {
    const account = this.state.account(addressFromBytes(address.bytes));
    if (account === undefined) return undefined;
    return new Account(
      account.nonce,
      account.balance,
      account.storageRoot === emptyTrieRoot ? KECCAK256_RLP : this.#hashes.bytes(account.storageRoot),
      account.codeHash === emptyCodeHash ? KECCAK256_NULL : this.#hashes.bytes(account.codeHash),
    );
  }

  async putAccount(address: EvmAddress, account?: Account): Promise<void> {
    const key = addressFromBytes(address.bytes);
    if (account === undefined) {
      this.state.deleteAccount(key);
      return;
    }
    const before: AccountState = this.state.account(key) ?? emptyAccount;
    const codeHash = account.codeHash === KECCAK256_NULL ? emptyCodeHash : this.#hashes.hash(account.codeHash);
    this.state.setAccount(key, {
      nonce: account.nonce,
      balance: account.balance,
      storageRoot: before.storageRoot,
      codeHash,
    });
  }

  async deleteAccount(address: EvmAddress): Promise<void> {
    this.state.deleteAccount(addressFromBytes(address.bytes));
  }

  async modifyAccountFields(address: EvmAddress, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account();
    account.nonce = fields.nonce ?? account.nonce;
    account.balance = fields.balance ?? account.balance;
    account.codeHash = fields.codeHash ?? account.codeHash;
    await this.putAccount(address, account);
  }

  async putCode(address: EvmAddress, value: Bytes): Promise<void> {
    this.state.setCode(addressFromBytes(address.bytes), value);
  }

  async getCode(address: EvmAddress): Promise<Bytes> {
    const account = this.state.account(addressFromBytes(address.bytes));
    return this.state.code(account?.codeHash ?? emptyCodeHash);
  }

  async getCodeSize(address: EvmAddress): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: EvmAddress, key: Bytes): Promise<Bytes> {
    return this.state.slot(addressFromBytes(address.bytes), hashFromBytes(key));
  }

  async putStorage(address: EvmAddress, key: Bytes, value: Bytes): Promise<void> {
    this.state.setSlot(addressFromBytes(address.bytes), hashFromBytes(key), trimZeros(value));
  }

  async clearStorage(address: EvmAddress): Promise<void> {
    this.state.clearStorage(addressFromBytes(address.bytes));
  }

  async checkpoint(): Promise<void> {
    this.state.checkpoint();
  }

  async commit(): Promise<void> {
    this.state.commit();
  }

  async revert(): Promise<void> {
    this.state.revert();
  }

  async getStateRoot(): Promise<Bytes> {
    throw new BugError("roots are computed per block, not by the EVM");
  }

  async setStateRoot(): Promise<void> {
    throw new BugError("the EVM does not choose its state");
  }

  async hasStateRoot(): Promise<boolean> {
    return false;
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    throw new BugError("each EVM has its own state manager");
  }
}
