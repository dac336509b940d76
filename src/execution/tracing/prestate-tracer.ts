import { type AccountState, emptyCodeHash } from "../../chain/index.ts";
import { type Address, type Bytes, bytesToHex, equalBytes, type Hash } from "../../primitives/index.ts";
import { BlockState } from "../block-state.ts";
import type { SizeLimit } from "./size-limit.ts";
import { hexNumber, type Tracer } from "./tracer.ts";

const ACCOUNT_BYTES = 200;
const SLOT_BYTES = 140;

/** A block state that remembers what it answered first: all that a transaction saw, as it was before. */
export class WatchedBlockState extends BlockState {
  readonly accountsBefore: Map<Address, AccountState | undefined> = new Map();
  readonly slotsBefore: Map<Address, Map<Hash, Bytes>> = new Map();

  override account(address: Address): AccountState | undefined {
    const account = super.account(address);
    // Every write reads first, so this is the value from before it.
    if (!this.accountsBefore.has(address)) this.accountsBefore.set(address, account);
    return account;
  }

  override slot(address: Address, key: Hash): Bytes {
    const value = super.slot(address, key);
    const known = this.slotsBefore.get(address) ?? new Map<Hash, Bytes>();
    if (!known.has(key)) known.set(key, value);
    this.slotsBefore.set(address, known);
    return value;
  }

  /** A new transaction begins. */
  forget(): void {
    this.accountsBefore.clear();
    this.slotsBefore.clear();
  }
}

interface ShownAccount {
  balance?: string;
  nonce?: number;
  code?: string;
  codeHash?: Hash;
  storage?: Record<Hash, string>;
}

/** The state that an execution needs, or what it changed, as go-ethereum's prestateTracer tells it. */
export function createPrestateTracer(diff: boolean, state: () => WatchedBlockState, size: SizeLimit): Tracer {
  return { result: () => (diff ? changes(state(), size) : before(state(), size)) };
}

function before(state: WatchedBlockState, size: SizeLimit): Readonly<Record<Address, ShownAccount>> {
  const shown: Record<Address, ShownAccount> = {};
  for (const [address, account] of state.accountsBefore) {
    const slots = state.slotsBefore.get(address);
    shown[address] = {
      ...show(state, account, size),
      ...(slots === undefined ? {} : { storage: words(slots, size) }),
    };
  }
  return shown;
}

function changes(state: WatchedBlockState, size: SizeLimit) {
  const pre: Record<Address, ShownAccount> = {};
  const post: Record<Address, ShownAccount> = {};
  for (const [address, old] of [...state.accountsBefore]) {
    const now = state.account(address);
    const changedSlots = new Map(
      [...(state.slotsBefore.get(address) ?? [])].filter(
        ([key, value]) => !equalBytes(value, state.slot(address, key)),
      ),
    );
    const [was, is] = [show(state, old, size), show(state, now, size)];
    const after: ShownAccount = {
      ...(was.balance === is.balance ? {} : { balance: is.balance ?? "0x0" }),
      ...(was.nonce === is.nonce || is.nonce === undefined ? {} : { nonce: is.nonce }),
      ...(was.code === is.code || is.code === undefined ? {} : { code: is.code }),
      ...(was.codeHash === is.codeHash || is.codeHash === undefined ? {} : { codeHash: is.codeHash }),
    };
    if (Object.keys(after).length === 0 && changedSlots.size === 0 && (old === undefined) === (now === undefined))
      continue;
    const kept = (value: string) => BigInt(value) !== 0n;
    if (old !== undefined) {
      const storage = filterWords(words(changedSlots, size), kept);
      pre[address] = { ...was, ...(Object.keys(storage).length === 0 ? {} : { storage }) };
    }
    if (now === undefined) continue;
    const current = new Map([...changedSlots.keys()].map((key) => [key, state.slot(address, key)]));
    const storage = filterWords(words(current, size), kept);
    post[address] = { ...after, ...(Object.keys(storage).length === 0 ? {} : { storage }) };
  }
  return { pre, post };
}

function show(state: BlockState, account: AccountState | undefined, size: SizeLimit): ShownAccount {
  const code = account === undefined ? new Uint8Array(0) : state.code(account.codeHash);
  size.add(ACCOUNT_BYTES + 2 * code.length);
  return {
    balance: hexNumber(account?.balance ?? 0n),
    ...(account === undefined || account.nonce === 0n ? {} : { nonce: Number(account.nonce) }),
    ...(code.length === 0 ? {} : { code: bytesToHex(code) }),
    ...(account === undefined || account.codeHash === emptyCodeHash ? {} : { codeHash: account.codeHash }),
  };
}

function words(slots: ReadonlyMap<Hash, Bytes>, size: SizeLimit): Record<Hash, string> {
  size.add(slots.size * SLOT_BYTES);
  return Object.fromEntries(
    [...slots].map(([key, value]) => [key, `0x${bytesToHex(value).slice(2).padStart(64, "0")}`]),
  ) as Record<Hash, string>;
}

function filterWords(given: Record<Hash, string>, keep: (value: string) => boolean): Record<Hash, string> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => keep(value))) as Record<Hash, string>;
}
