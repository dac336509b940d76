import { type AccountOverride, type StateOverrides, trimZeros } from "../chain/index.ts";
import { type Address, type Hash, hashToBytes } from "../primitives/index.ts";
import { type BlockState, emptyAccount } from "./block-state.ts";

/** Makes a state what calls want it to be; each account is changed for good, as by a transaction. */
export function applyOverrides(state: BlockState, overrides: StateOverrides = {}): void {
  for (const [address, override] of Object.entries(overrides)) applyOverride(state, address as Address, override);
}

function applyOverride(state: BlockState, address: Address, override: AccountOverride): void {
  const account = state.account(address) ?? emptyAccount;
  state.setAccount(address, {
    ...account,
    balance: override.balance ?? account.balance,
    nonce: override.nonce ?? account.nonce,
  });
  if (override.code !== undefined) state.setCode(address, override.code);
  if (override.state !== undefined) state.clearStorage(address);
  for (const [key, word] of Object.entries({ ...override.state, ...override.stateDiff }) as [Hash, Hash][]) {
    state.setSlot(address, key, trimZeros(hashToBytes(word)));
  }
  state.endTransaction();
}
