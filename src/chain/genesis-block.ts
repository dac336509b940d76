import {
  type Address,
  type Bytes,
  type Hash,
  hashToBytes,
  keccakHash,
  zeroAddress,
  zeroHash,
} from "../primitives/index.ts";
import { type AccountState, accountKey, emptyCodeHash, encodeAccount, encodeSlotValue, slotKey } from "./account.ts";
import { type Block, createBlock } from "./block.ts";
import { emptyBloom } from "./bloom.ts";
import type { Genesis, GenesisAccount } from "./genesis.ts";
import { genesisRulesHash } from "./genesis-serialize.ts";
import { emptyTrieRoot } from "./header.ts";
import { Trie } from "./trie.ts";

/** Storage trie of an account: RLP of each word without leading zeros, under the hash of its slot. */
export function storageTrie(storage: Readonly<Record<Hash, Hash>>): Trie {
  const entries = Object.entries(storage) as [Hash, Hash][];
  return Trie.fromEntries(entries.map(([slot, word]) => [slotKey(slot), encodeSlotValue(hashToBytes(word))] as const));
}

/** A genesis account as the state trie holds it. */
export function genesisAccountState(account: GenesisAccount): AccountState {
  return {
    nonce: account.nonce ?? 0n,
    balance: account.balance,
    storageRoot: account.storage === undefined ? emptyTrieRoot : storageTrie(account.storage).root(),
    codeHash: account.code === undefined ? emptyCodeHash : keccakHash(account.code),
  };
}

/** State trie before the first block. */
export function genesisState(genesis: Genesis): Trie {
  const accounts = Object.entries(genesis.alloc) as [Address, GenesisAccount][];
  return Trie.fromEntries(
    accounts.map(([address, account]): [Bytes, Bytes] => [
      accountKey(address),
      encodeAccount(genesisAccountState(account)),
    ]),
  );
}

/**
 * Block 0: no parent, no seal, and `extraData` that commits to every rule of the genesis. Two genesis files give the same
 * block hash only if they say the same.
 */
export function createGenesisBlock(genesis: Genesis): Block {
  return createBlock(
    {
      parentHash: zeroHash,
      coinbase: zeroAddress,
      stateRoot: genesisState(genesis).root(),
      transactionsRoot: emptyTrieRoot,
      receiptsRoot: emptyTrieRoot,
      logsBloom: emptyBloom(),
      number: 0n,
      gasLimit: genesis.gasLimit,
      gasUsed: 0n,
      timestamp: genesis.timestamp,
      extraData: hashToBytes(genesisRulesHash(genesis)),
      prevRandao: zeroHash,
      baseFeePerGas: genesis.baseFeePerGas,
    },
    [],
  );
}
