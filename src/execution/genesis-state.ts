import {
  type AccountState,
  createGenesisBlock,
  type Genesis,
  type GenesisAccount,
  genesisAccountState,
  trimZeros,
} from "../chain/index.ts";
import { type Address, type Bytes, type Hash, hashToBytes } from "../primitives/index.ts";
import type { ExecutedBlock, StorageDiff } from "./state-store.ts";

/** Block 0 with the whole genesis state as what it changed. */
export function executedGenesis(genesis: Genesis): ExecutedBlock {
  const accounts = new Map<Address, AccountState>();
  const storage = new Map<Address, StorageDiff>();
  const code = new Map<Hash, Bytes>();
  for (const [address, account] of Object.entries(genesis.alloc) as [Address, GenesisAccount][]) {
    const state = genesisAccountState(account);
    accounts.set(address, state);
    if (account.code !== undefined && account.code.length > 0) code.set(state.codeHash, account.code);
    if (account.storage !== undefined) {
      const words = Object.entries(account.storage) as [Hash, Hash][];
      storage.set(address, {
        cleared: false,
        slots: new Map(words.map(([key, word]) => [key, trimZeros(hashToBytes(word))])),
      });
    }
  }
  return { block: createGenesisBlock(genesis), receipts: [], results: [], diff: { accounts, storage, code } };
}
