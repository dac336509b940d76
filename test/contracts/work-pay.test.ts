import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Address, addressOfKey } from "../../src/primitives/index.ts";
import { blockLeafOf, createBlockTree } from "../../src/proofs/index.ts";
import { decodeWorkTotals, type RootChain, type RootDeployment, type WorkClaim } from "../../src/rootchain/index.ts";
import { type TestChain, temporaryDirectories } from "../support/chain-fixture.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators, submitCheckpoint } from "./root-network.ts";
import { openWorkChain, proveWork } from "./work-claim.ts";

/** Accounts 1 to 3 validate; each has made ten blocks more than the one before. */
const VALIDATORS = [1, 2, 3] as const;
const signerOf = (index: number): Address => addressOfKey(key(index));
/** asked, came, expected, made, credit: half of the weight in every round that it came to. */
const wordOfWork = (index: number): bigint => {
  const [asked, came, expected, made] = [100n, 90n, 50n, BigInt(10 * index)];
  return asked | (came << 40n) | (expected << 80n) | (made << 120n) | ((came * 500_000_000n) << 160n);
};

describe("pay for work, from the state of a chain that is really run", () => {
  const directories = temporaryDirectories();
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;
  let chain: TestChain;

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil);
    await stakeValidators(anvil, root);
    client = connectAs(anvil, root, 4);
    const works = new Map(VALIDATORS.map((index) => [signerOf(index), wordOfWork(index)]));
    chain = await openWorkChain(directories.create(), root.addresses.KMC, works);
  });
  afterAll(async () => {
    chain.close();
    await anvil.stop();
    directories.cleanUp();
  });

  /** A checkpoint over the next block, and a claim of what its state shows of a validator. */
  async function claimOf(index: number): Promise<WorkClaim> {
    const { block } = await chain.extend([]);
    const start = (await client.checkpoints.head(chainId)).start;
    const covered = start === 0n ? [chain.store.blocks.block(0n), block] : [block];
    const tree = createBlockTree(covered.map((each) => blockLeafOf(each as typeof block)));
    await anvil.pass(root.params.minInterval);
    const range = { start, end: block.header.number, rootHash: tree.root, lastBlockHash: block.hash };
    const checkpoint = await submitCheckpoint(root, client, range);
    const signer = signerOf(index);
    return { chainId, checkpoint, signer, proof: await proveWork(chain, block, signer) };
  }

  it("waits for the checkpoint to be final, and pays the validator once", async () => {
    const claim = await claimOf(2);
    const work = client.work();
    await expect(client.dryRun.work().claim(claim)).rejects.toMatchObject({
      detail: { facts: { contractError: "NotFinal" } },
    });
    await anvil.pass(root.params.challengePeriod);
    const totals = decodeWorkTotals(wordOfWork(2));
    const { perBlock, perRound, standbyBps } = await work.rates();
    const forBlocks = 20n * perBlock;
    const forStandbys = (forBlocks * BigInt(standbyBps)) / 10_000n;
    const due = forBlocks - forStandbys + 45n * perRound;
    expect(await work.payFor(chainId, claim.signer, totals)).toBe(due);
    const before = await client.kmc.balanceOf(claim.signer);
    const { amount, transaction } = await work.claim(claim);
    console.info(`claimWork: ${transaction.gasUsed} gas`);
    expect(amount).toBe(due);
    expect(await client.kmc.balanceOf(claim.signer)).toBe(before + due);
    expect(await work.paid(chainId, claim.signer)).toEqual(totals);
    expect(await work.pool(chainId)).toEqual({
      free: root.params.workPoolWei - due - forStandbys,
      standby: forStandbys,
    });
    expect(await work.payFor(chainId, claim.signer, totals)).toBe(0n);
    await expect(client.dryRun.work().claim(claim)).rejects.toMatchObject({
      code: "KOMA_E_WORK_PAID",
    });
  });

  it("takes one validator's proof for nobody else's", async () => {
    const claim = await claimOf(1);
    await anvil.pass(root.params.challengePeriod);
    await expect(client.dryRun.work().claim({ ...claim, signer: signerOf(3) })).rejects.toMatchObject({
      detail: { facts: { contractError: "TrieProofTraversalError" } },
    });
    expect((await client.dryRun.work().claim(claim)).transaction.gasUsed).toBeLessThan(400_000n);
  });

  it("is paid from a pool that anybody may fill, and has nothing for stand-bys that nobody elected", async () => {
    const { free } = await client.work().pool(chainId);
    await client.work().fill(chainId, kmc(5));
    expect((await client.work().pool(chainId)).free).toBe(free + kmc(5));
    await expect(client.dryRun.work().payStandbys(chainId)).rejects.toMatchObject({
      code: "KOMA_E_STANDBYS_NOT_DUE",
    });
    expect(await client.work().unpaidTenure(chainId)).toBe(0n);
  });
});
