import { AbiCoder } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bloomOf, encodeReceipt, type Log, orderedTrie, type Receipt } from "../../src/chain/index.ts";
import { finishSentence } from "../../src/fraud/index.ts";
import {
  addressOfKey,
  addressWord,
  bytesToHex,
  concatBytes,
  type Hex,
  hashFromBytes,
  keccak256,
  keccakHash,
  utf8,
  wordOf,
} from "../../src/primitives/index.ts";
import { type BlockLeaf, createBlockTree, proveBlock, proveLog } from "../../src/proofs/index.ts";
import { predeployAddresses, type RootChain, type RootDeployment } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";
import { chainId, connectAs, deployTestRoot, kmc, stakeValidators, submitCheckpoint } from "./root-network.ts";

const alice = addressOfKey(key(4));
const notAHeader = utf8("these bytes are no header");
const BLOCK_LEAF = 2;
const blockProofType =
  "tuple(uint64 chainId,uint64 checkpoint,uint64 number,uint64 timestamp,bytes32 txRoot,bytes32 receiptsRoot,bytes32 blockHash,bytes32[] siblings)";

/** Eight blocks: the third burned, the sixth's leaf commits to something that is no header. */
function blocks(rootToken: string, start: bigint, lie: boolean) {
  const burn: Log = {
    address: predeployAddresses.KomaNative,
    topics: [
      keccakHash(utf8("Withdraw(address,address,address,uint256,uint256,uint256,uint64)")),
      hashFromBytes(addressWord(rootToken as never)),
      hashFromBytes(addressWord(alice)),
      hashFromBytes(addressWord(alice)),
    ],
    data: concatBytes(wordOf(kmc(40)), wordOf(kmc(41)), wordOf(kmc(1)), wordOf(0)),
  };
  const receipts: Receipt[] = [
    { type: 2, status: 1, cumulativeGasUsed: 50_000n, logsBloom: bloomOf([burn]), logs: [burn] },
  ];
  const receiptsRoot = orderedTrie(receipts.map(encodeReceipt)).root();
  const leaves = Array.from({ length: 8 }, (_, index): BlockLeaf => {
    const number = start + BigInt(index);
    const filler = keccakHash(utf8(`block ${number}`));
    return {
      number,
      timestamp: 1_700_000_000n + number,
      transactionsRoot: filler,
      receiptsRoot: index === 2 ? receiptsRoot : filler,
      blockHash: index === 5 && lie ? hashFromBytes(keccak256(notAHeader)) : filler,
    };
  });
  return { tree: createBlockTree(leaves), receipts };
}

/** AT-28 of the attack catalogue, with the real contracts throughout. */
describe("an exit on a checkpoint that turns out to be fraud", () => {
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

  it("is voided, its bond returned, and the burn exits again from the re-made chain", async () => {
    const lying = blocks(root.addresses.KMC, 0n, true);
    const number = await submitCheckpoint(root, client, { start: 0n, end: 7n, rootHash: lying.tree.root });
    const at = { chainId, checkpoint: number };
    const exit = await client.exits.start(proveLog(proveBlock(at, lying.tree, 2n), lying.receipts, 0, 0));

    const honest = AbiCoder.defaultAbiCoder().encode(
      [blockProofType, "uint64", "bytes"],
      [proveBlock(at, lying.tree, 4n), 4n, notAHeader],
    );
    await expect(client.challenges.judge(BLOCK_LEAF, honest as Hex)).rejects.toMatchObject({
      detail: { facts: { contractError: "HeaderMismatch" } },
    });
    const evidence = AbiCoder.defaultAbiCoder().encode(
      [blockProofType, "uint64", "bytes"],
      [proveBlock(at, lying.tree, 5n), 5n, bytesToHex(notAHeader)],
    ) as Hex;
    const verdict = await client.challenges.judge(BLOCK_LEAF, evidence);
    expect(verdict).toMatchObject({ class: 1, chainId, number });
    const before = await client.checkpoints.head(chainId);
    const challenged = await client.challenges.challenge(BLOCK_LEAF, evidence);
    expect(challenged.offenceId).toBe(verdict.offenceId);
    expect(await client.challenges.offence(verdict.offenceId)).toMatchObject({ kind: BLOCK_LEAF, challenger: alice });

    const after = await client.checkpoints.head(chainId);
    expect(after).toMatchObject({ number: before.number - 1n, start: 0n, generation: before.generation + 1n });
    expect(await client.checkpoints.checkpoint(chainId, number)).toBeUndefined();
    await expect(client.challenges.challenge(BLOCK_LEAF, evidence)).rejects.toMatchObject({
      code: "KOMA_E_CHECKPOINT_STALE",
    });

    expect(await client.stakes.openOffences()).toEqual([verdict.offenceId]);
    // Whoever brought the proof is gone: anybody charges the seats, once.
    const signal = AbortSignal.timeout(60_000);
    expect(await finishSentence(client, verdict.offenceId, signal)).toBe(true);
    expect(await finishSentence(client, verdict.offenceId, signal)).toBe(false);
    const outcome = await client.stakes.slashOutcome(verdict.offenceId);
    expect(outcome).toMatchObject({ remainingSeats: 0n, slashed: kmc(300), challenger: alice });
    expect(outcome.bounty + outcome.burned + outcome.insured).toBe(outcome.slashed);

    await client.exits.challengeChain(exit.exitId);
    expect(await client.exits.exit(exit.exitId)).toBeUndefined();
    expect(await client.exits.owed(alice)).toBe(root.params.exitBondWei);

    await anvil.pass(root.params.minInterval);
    const remade = blocks(root.addresses.KMC, 0n, false);
    const again = await submitCheckpoint(root, client, { start: 0n, end: 7n, rootHash: remade.tree.root });
    expect(again).toBe(number);
    const proof = proveLog(proveBlock({ chainId, checkpoint: again }, remade.tree, 2n), remade.receipts, 0, 0);
    expect((await client.exits.start(proof)).exitId).toBe(exit.exitId);
    await anvil.pass(root.params.challengePeriod + 1);
    const balance = await client.kmc.balanceOf(alice);
    await client.exits.process(chainId, root.addresses.KMC, 10);
    expect(await client.kmc.balanceOf(alice)).toBe(balance + kmc(40));
    expect((await client.exits.exit(exit.exitId))?.status).toBe("paid");
  });
});
