import type { Log } from "../../chain/index.ts";
import { type Address, type Bytes, emptyBytes, type Hash } from "../../primitives/index.ts";

/**
 * What a transaction gathers beside its changes of the state: what it touched, its logs, refunds, transient storage, and the
 * contracts that it made and destroyed. A frame that fails takes back what it added.
 *
 * @see Yellow Paper 6.1 (accrued substate), EIP-2929 (access), EIP-1153 (transient storage), EIP-6780 (destruction)
 */
export class Substate {
  readonly #accounts = new Set<Address>();
  readonly #slots = new Map<Address, Set<Hash>>();
  readonly #transient = new Map<string, Bytes>();
  readonly #logs: Log[] = [];
  readonly #created = new Set<Address>();
  readonly #destroyed = new Set<Address>();
  readonly #empty = new Set<Address>();
  readonly #undo: (() => void)[] = [];
  #refund = 0;

  get logs(): readonly Log[] {
    return this.#logs;
  }

  /** Gas to be given back, without its bound. */
  get refund(): number {
    return this.#refund;
  }

  /** Contracts that vanish with the transaction: made and destroyed by it. */
  get vanishing(): readonly Address[] {
    return [...this.#destroyed].filter((address) => this.#created.has(address));
  }

  /** Accounts that were there without having anything, and were touched (EIP-161). */
  get touchedEmpty(): readonly Address[] {
    return [...this.#empty];
  }

  /** A point to go back to. */
  mark(): number {
    return this.#undo.length;
  }

  revert(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
  }

  /** True where the account had not been touched. */
  touchAccount(address: Address): boolean {
    if (this.#accounts.has(address)) return false;
    this.#accounts.add(address);
    this.#undo.push(() => this.#accounts.delete(address));
    return true;
  }

  /** True where the slot had not been touched. */
  touchSlot(address: Address, key: Hash): boolean {
    let slots = this.#slots.get(address);
    if (slots === undefined) {
      slots = new Set();
      this.#slots.set(address, slots);
    } else if (slots.has(key)) {
      return false;
    }
    const touched = slots;
    touched.add(key);
    this.#undo.push(() => touched.delete(key));
    return true;
  }

  transient(address: Address, key: Hash): Bytes {
    return this.#transient.get(address + key) ?? emptyBytes;
  }

  setTransient(address: Address, key: Hash, value: Bytes): void {
    const name = address + key;
    const before = this.#transient.get(name) ?? emptyBytes;
    this.#undo.push(() => this.#transient.set(name, before));
    this.#transient.set(name, value);
  }

  addLog(log: Log): void {
    this.#logs.push(log);
    this.#undo.push(() => this.#logs.pop());
  }

  /** @param gas  below zero takes back what was promised before */
  addRefund(gas: number): void {
    this.#refund += gas;
    this.#undo.push(() => {
      this.#refund -= gas;
    });
  }

  create(address: Address): void {
    if (this.#created.has(address)) return;
    this.#created.add(address);
    this.#undo.push(() => this.#created.delete(address));
  }

  isCreated(address: Address): boolean {
    return this.#created.has(address);
  }

  destroy(address: Address): void {
    if (this.#destroyed.has(address)) return;
    this.#destroyed.add(address);
    this.#undo.push(() => this.#destroyed.delete(address));
  }

  touchEmpty(address: Address): void {
    if (this.#empty.has(address)) return;
    this.#empty.add(address);
    this.#undo.push(() => this.#empty.delete(address));
  }
}
