import { type BlockHeader, encodeHeader } from "../../src/chain/index.ts";
import { type Address, bytesToHex, type Hash, hashFromBytes, wordOf } from "../../src/primitives/index.ts";
import { predeployAddresses, predeployAlloc, type StatsProof, workTotalsSlot } from "../../src/rootchain/index.ts";
import { openTestChain, type TestChain, testGenesis } from "../support/chain-fixture.ts";

/** A chain whose genesis claims work of some signers: words as `ProducerStats` packs them. */
export function openWorkChain(
  directory: string,
  kmc: Address,
  works: ReadonlyMap<Address, bigint>,
): Promise<TestChain> {
  const alloc = predeployAlloc({ nativePoolWei: 10n ** 24n, kmc });
  const stats = alloc[predeployAddresses.ProducerStats];
  const storage: Record<Hash, Hash> = {};
  for (const [signer, word] of works) storage[workTotalsSlot(signer)] = hashFromBytes(wordOf(word));
  const genesis = testGenesis({ ...alloc, [predeployAddresses.ProducerStats]: { ...stats, storage } } as never);
  return openTestChain({ directory, genesis });
}

/** Way from a block's hash to a signer's work in the state after it. */
export async function proveWork(
  chain: TestChain,
  block: { readonly hash: Hash; readonly header: BlockHeader },
  signer: Address,
): Promise<StatsProof> {
  const proven = await chain.executor.prove(predeployAddresses.ProducerStats, [workTotalsSlot(signer)], block.hash);
  return {
    header: bytesToHex(encodeHeader(block.header)),
    account: proven.accountProof.map(bytesToHex),
    slot: proven.storageProof[0]?.proof.map(bytesToHex) ?? [],
  };
}
