import { type AccountState, emptyCodeHash, emptyTrieRoot } from "../../src/chain/index.ts";
import { BlockState } from "../../src/execution/block-state.ts";
import type { EvmEngine, EvmMessage, EvmOutcome } from "../../src/execution/evm-engine.ts";
import type { StateView } from "../../src/execution/state-view.ts";
import { type Address, type Bytes, emptyBytes, type Hash, keccakHash, zeroHash } from "../../src/primitives/index.ts";

/** An account of a small world for one message. */
export interface WorldAccount {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Bytes;
  readonly storage?: Readonly<Record<Hash, Bytes>>;
}

export type World = Readonly<Record<Address, WorldAccount>>;

/** Everything that a message leaves, in a form that can be compared. */
export interface Aftermath {
  readonly outcome: EvmOutcome;
  readonly accounts: Readonly<Record<Address, AccountState | undefined>>;
  readonly storage: Readonly<Record<Address, Readonly<Record<Hash, Bytes>>>>;
}

export const worldSender = `0x${"5e".repeat(20)}` as Address;
export const worldCoinbase = `0x${"cb".repeat(20)}` as Address;

/** A state of these accounts and the sender. */
export function worldView(world: World): StateView {
  const all: World = { [worldSender]: { balance: 10n ** 30n, nonce: 1n }, ...world };
  const codes = new Map<Hash, Bytes>();
  const accounts = new Map<Address, AccountState>();
  for (const [address, { balance = 0n, nonce = 0n, code = emptyBytes }] of Object.entries(all)) {
    const codeHash = code.length === 0 ? emptyCodeHash : keccakHash(code);
    codes.set(codeHash, code);
    accounts.set(address as Address, { balance, nonce, codeHash, storageRoot: emptyTrieRoot });
  }
  return {
    account: (address) => accounts.get(address),
    slot: (address, key) => all[address]?.storage?.[key] ?? emptyBytes,
    code: (hash) => codes.get(hash) ?? emptyBytes,
  };
}

/** Runs one message in a world, as a transaction would. */
export async function runInWorld(
  engine: EvmEngine,
  world: World,
  message: Partial<EvmMessage> & Pick<EvmMessage, "to">,
): Promise<Aftermath> {
  const view = worldView(world);
  const state = new BlockState(view);
  engine.attach(state, {
    number: 300n,
    timestamp: 1_700_000_000n,
    coinbase: worldCoinbase,
    prevRandao: keccakHash(emptyBytes),
    gasLimit: 30_000_000n,
    baseFeePerGas: 7n,
    hashOf: (number) => (number >= 44n ? (`0x${number.toString(16).padStart(64, "0")}` as Hash) : zeroHash),
  });
  engine.pacer.start();
  const outcome = await engine.run({
    from: worldSender,
    value: 0n,
    data: emptyBytes,
    gasLimit: 1_000_000n,
    gasPrice: 9n,
    accessList: [],
    ...message,
  });
  await engine.clean(outcome.destroyed, [worldCoinbase]);
  state.endTransaction();
  // Writing what was there before is no difference.
  const written = [...state.writtenAccounts()].sort();
  const changed = written.filter((address) => !sameAccount(view.account(address), state.account(address)));
  return {
    // Only one of the two says which accounts it touched.
    outcome: { ...outcome, touchedEmpty: undefined } as EvmOutcome,
    accounts: Object.fromEntries(changed.map((address) => [address, state.account(address)])),
    storage: Object.fromEntries(
      written.flatMap((address) => {
        const slots = state.storageChanges(address)?.slots;
        return slots && slots.size > 0 ? [[address, Object.fromEntries([...slots].sort())]] : [];
      }),
    ),
  };
}

function sameAccount(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.balance === b.balance && a.nonce === b.nonce && a.codeHash === b.codeHash;
}
