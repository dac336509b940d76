import { type BlockHeader, sealHeader, type Transaction } from "../../src/chain/index.ts";
import type { ArchivedBlock, ChainArchive, SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import { type Address, addressOfKey } from "../../src/primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../../src/proofs/index.ts";
import { predeployAlloc, type RootChain, type RootDeployment } from "../../src/rootchain/index.ts";
import { openTestChain, type TestAccount, type TestChain, testGenesis } from "../support/chain-fixture.ts";
import type { Prng } from "../support/prng.ts";
import { createTraffic } from "../support/random-traffic.ts";
import { type Anvil, key } from "./anvil.ts";
import { chainId, submitCheckpoint } from "./root-network.ts";

/** The chain's producer, which the test's registry knows. */
export const sealer: TestAccount = { key: key(1), address: addressOfKey(key(1)) };

/** A chain that is really run, with random traffic, forks and restarts, under checkpoints on real root contracts. */
export interface CheckpointedChain {
  /** As it is open now: it is closed and opened again as it grows. */
  chain(): TestChain;
  readonly token: Address;
  readonly rootToken: Address;
  readonly archive: ChainArchive;
  /** Runs blocks and submits a checkpoint over them. */
  grow(blocks: number): Promise<SubmittedCheckpoint>;
  /** Submits a checkpoint over blocks that nobody ran; they follow those before by number alone. */
  forge(blocks: readonly ArchivedBlock[]): Promise<SubmittedCheckpoint>;
  /** Number of the next block. */
  next(): bigint;
  close(): void;
}

export async function openCheckpointedChain(options: {
  readonly anvil: Anvil;
  readonly root: RootDeployment;
  readonly client: RootChain;
  readonly directory: string;
  readonly prng: Prng;
}): Promise<CheckpointedChain> {
  const { anvil, root, client, directory, prng } = options;
  const rootToken = root.addresses["DemoToken"] as Address;
  const token = await client.registry.childTokenOf(chainId, rootToken);
  if (!token) throw new Error("the demo token is not mapped");
  const alloc = predeployAlloc({ nativePoolWei: 10n ** 24n, kmc: root.addresses.KMC });
  const genesis = testGenesis({ ...alloc, [sealer.address]: { balance: 10n ** 24n } } as never);
  let chain = await openTestChain({ directory, genesis });
  const traffic = createTraffic(prng, {
    chain: () => chain,
    producer: sealer,
    token,
    rootToken,
    kmc: root.addresses.KMC,
  });
  const first = chain.store.blocks.block(0n);
  const blocks: ArchivedBlock[] = first ? [{ block: first, receipts: [] }] : [];
  const checkpoints: SubmittedCheckpoint[] = [];
  const seal = (header: BlockHeader) => sealHeader(header, genesis.chainId, sealer.key);

  async function submit(covered: readonly ArchivedBlock[]): Promise<SubmittedCheckpoint> {
    const tree = createBlockTree(covered.map(({ block }) => blockLeafOf(block)));
    const lastBlockHash = covered.at(-1)?.block.hash;
    if (!lastBlockHash) throw new Error("a checkpoint covers a block");
    await anvil.pass(root.params.minInterval);
    const range = { start: tree.start, end: tree.end, rootHash: tree.root, lastBlockHash };
    const number = await submitCheckpoint(root, client, range);
    const submitted = { ...range, chainId, number, submittedAt: 4_000_000_000n, challengeEnd: 4_000_000_000n };
    checkpoints.push({ ...submitted, status: "pending" });
    return checkpoints.at(-1) as SubmittedCheckpoint;
  }

  /** A block that loses against the next one, and now and then a restart of whoever holds the chain. */
  async function disturb(users: readonly Transaction[]): Promise<void> {
    if (prng.next() < 0.1) await chain.build(users.toReversed(), { coinbase: sealer.address, seal });
    if (prng.next() >= 0.02) return;
    chain.close();
    chain = await openTestChain({ directory, genesis });
  }

  return {
    chain: () => chain,
    token,
    rootToken,
    archive: {
      block: async (number) => blocks[Number(number)],
      checkpoint: async (number) => checkpoints[Number(number) - 1],
      checkpointCovering: async (block) => checkpoints.find(({ start, end }) => start <= block && block <= end),
    },
    async grow(count) {
      const from = checkpoints.length === 0 ? 0 : blocks.length;
      for (let i = 0; i < count; i++) {
        const { deliveries, users } = traffic.next();
        await disturb(users);
        const built = await chain.build(users, { systemTransactions: deliveries, coinbase: sealer.address, seal });
        await chain.executor.finalize(built.block.hash);
        blocks.push(built);
      }
      return submit(blocks.slice(from));
    },
    async forge(forged) {
      blocks.push(...forged);
      return submit(forged);
    },
    next: () => BigInt(blocks.length),
    close: () => chain.close(),
  };
}
