import { createBlock } from "@ethereumjs/block";
import { createCustomCommon, Hardfork, Mainnet } from "@ethereumjs/common";
import { MerkleStateManager } from "@ethereumjs/statemanager";
import { createTxFromRLP } from "@ethereumjs/tx";
import { createAccount, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import { createVM, runTx, type VM } from "@ethereumjs/vm";
import type { BlockHeader, Genesis, Transaction } from "../../src/chain/index.ts";
import { bigintToBytes, bytesToHex, type Hash, hashFromBytes, hashToBytes } from "../../src/primitives/index.ts";

export interface ReferenceReceipt {
  readonly status: number;
  readonly gasUsed: bigint;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

/**
 * `@ethereumjs/vm` as it comes, with its own trie and nothing of ours: what our executor must agree with.
 */
export async function createReferenceVm(genesis: Genesis, hashOf: (number: bigint) => Hash | undefined) {
  const common = createCustomCommon({ chainId: Number(genesis.chainId), name: "reference" }, Mainnet, {
    hardfork: Hardfork.Cancun,
  });
  const stateManager = new MerkleStateManager({ common });
  const blockchain = {
    getBlock: async (number: number) => ({
      hash: () => hashToBytes(hashOf(BigInt(number)) ?? (`0x${"00".repeat(32)}` as Hash)),
    }),
    putBlock: async () => {},
    shallowCopy: () => blockchain,
  };
  // biome-ignore lint/suspicious/noExplicitAny: the vm's blockchain type asks for far more than the EVM uses
  const vm: VM = await createVM({ common, stateManager, blockchain: blockchain as any });
  for (const [address, account] of Object.entries(genesis.alloc)) {
    const at = createAddressFromString(address);
    await stateManager.putAccount(at, createAccount({ nonce: account.nonce ?? 0n, balance: account.balance }));
    if (account.code) await stateManager.putCode(at, account.code);
    for (const [key, word] of Object.entries(account.storage ?? {})) {
      await stateManager.putStorage(at, hexToBytes(key as Hash), bigintToBytes(BigInt(word)));
    }
  }

  return {
    async stateRoot(): Promise<Hash> {
      return hashFromBytes(await stateManager.getStateRoot());
    },
    /** Runs the transactions of a block under the environment of its header. */
    async run(header: BlockHeader, transactions: readonly Transaction[]): Promise<readonly ReferenceReceipt[]> {
      const block = createBlock(
        {
          header: {
            number: header.number,
            timestamp: header.timestamp,
            coinbase: createAddressFromString(header.coinbase),
            mixHash: hashToBytes(header.prevRandao),
            gasLimit: header.gasLimit,
            baseFeePerGas: header.baseFeePerGas,
            excessBlobGas: 0n,
            blobGasUsed: 0n,
            parentBeaconBlockRoot: new Uint8Array(32),
          },
        },
        { common, skipConsensusFormatValidation: true },
      );
      const receipts: ReferenceReceipt[] = [];
      for (const tx of transactions) {
        const result = await runTx(vm, {
          tx: createTxFromRLP(tx.raw, { common }),
          block,
          skipHardForkValidation: true,
        });
        receipts.push({
          status: result.execResult.exceptionError === undefined ? 1 : 0,
          gasUsed: result.totalGasSpent,
          logs: (result.execResult.logs ?? []).map(([address, topics, data]) => ({
            address: bytesToHex(address),
            topics: topics.map(bytesToHex),
            data: bytesToHex(data),
          })),
        });
      }
      return receipts;
    },
  };
}
