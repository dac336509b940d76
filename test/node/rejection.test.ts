import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DepositKind } from "../../src/bridge/index.ts";
import { type ChainArchive, createNetworkArchive, type SubmittedCheckpoint } from "../../src/checkpoint/index.ts";
import { scanCheckpoint } from "../../src/fraud/index.ts";
import { type Address, addressOfKey, emptyBytes, type Hash, keccak256, utf8 } from "../../src/primitives/index.ts";
import { openChainClient } from "../../src/rpc/index.ts";
import {
  alice,
  balanceOf,
  blockHash,
  bob,
  type ClusterNode,
  clusterChainId,
  coin,
  eventsOf,
  type NodeCluster,
  startCluster,
  transfer,
} from "../support/node-cluster.ts";
import type { TakenCheckpoint } from "../support/scripted-root-chain.ts";

const EVERY = 4;
const CHEAT = 0;
const HONEST = 3;
const recipient = addressOfKey(keccak256(utf8("somebody who deposits")));

describe("a rejected checkpoint with a scripted root chain", () => {
  let cluster: NodeCluster;
  /** Last block of the last checkpoint before the bad one. */
  let lastGood: bigint;
  let badBlock: { readonly number: bigint; readonly hash: Hash };
  let badCheckpoint: TakenCheckpoint;
  let voidTransaction: Hash;
  beforeAll(async () => {
    cluster = await startCluster({ checkpointEvery: EVERY, eraMinBlocks: 6 });
  });
  afterAll(() => cluster.dispose());

  const colluders = () => cluster.nodes.filter(({ index }) => index !== HONEST);

  it("is one over a block with two transactions of one nonce, which colluders made final", async () => {
    const { rootChain } = cluster;
    await cluster.until("the first checkpoint is taken and known", () =>
      cluster.nodes.every((node) => eventsOf(node, "checkpointSubmitted").length >= 1),
    );
    const order = { type: "behave", id: 1, handle: "f1", actors: [cluster.at(CHEAT).name], params: {} } as const;
    for (const node of colluders()) {
      node.node().behave({ ...order, kind: "bad-nonce", times: 1, collude: ["validator-1", "validator-2"] });
    }
    await cluster.until("the bad block is proposed", () => eventsOf(cluster.at(CHEAT), "behaviour").length >= 1);
    await cluster.until("the honest node refuses it", () => said(cluster.at(HONEST), "proposed block is invalid"));
    await cluster.until("the colluders hold it for final", async () => {
      const found = await findBadBlock(cluster.at(1));
      if (found) badBlock = found;
      return found !== undefined;
    });
    // What happens on the void branch, and has to happen again.
    const { hash, raw } = transfer(alice, { nonce: 0n, to: bob.address, value: 7n });
    voidTransaction = hash;
    await cluster.at(1).rpc().request("eth_sendRawTransaction", [raw]);
    rootChain.deposit({
      chainId: clusterChainId,
      id: 1n,
      kind: DepositKind.native,
      rootToken: `0x${"cc".repeat(20)}` as Address,
      recipient,
      amount: 3n * coin,
      data: emptyBytes,
      createdAt: 1_700_000_000n,
    });
    await cluster.until("both are final for the colluders", async () => {
      const receipts = await Promise.all(colluders().map((node) => receiptOf(node, hash)));
      const credits = colluders().map((node) => eventsOf(node, "depositCredited").length);
      return receipts.every((receipt) => receipt !== null) && credits.every((count) => count === 1);
    });
    // The honest one has nothing to propose; its turn passes.
    const honest = cluster.at(HONEST).signer.address;
    await cluster.until("the colluders' checkpoint over it is taken", () => {
      if (rootChain.proposerIn(rootChain.round) === honest) rootChain.round += 1;
      const found = rootChain.live.find(({ checkpoint }) => covers(checkpoint, badBlock.number));
      if (found) badCheckpoint = found;
      return found !== undefined;
    });
    expect(badCheckpoint.signers).not.toContain(cluster.at(HONEST).signer.address);
    lastGood = badCheckpoint.checkpoint.start - 1n;
    expect(lastGood).toBeGreaterThan(0n);
  });

  it("shows exactly that fault to a scan, and the honest chain before it none", async () => {
    const archive = await archiveOf(cluster.at(1), cluster.rootChain.taken);
    const rules = { chainId: clusterChainId, banned: () => false, rootTokenOf: () => undefined };
    expect(await scanCheckpoint(archive, submitted(badCheckpoint), rules)).toEqual([
      expect.objectContaining({
        type: "duplicate-nonce",
        sender: cluster.at(CHEAT).signer.address,
        first: { block: badBlock.number, index: 0 },
        second: { block: badBlock.number, index: 1 },
      }),
    ]);
    for (const good of cluster.rootChain.taken) {
      if (good.checkpoint.end > lastGood) continue;
      expect(await scanCheckpoint(archive, submitted(good), rules)).toEqual([]);
    }
  });

  it("does not make the honest node follow, however many sign that eras ended on top of it", async () => {
    const honest = cluster.at(HONEST);
    await cluster.until("the end of an era is shown to it, and refused", () =>
      said(honest, "two thirds of the weight signed an invalid block"),
    );
    expect(await blockHash(honest, badBlock.number)).not.toBe(badBlock.hash);
  });

  it("is not signed again in the time until the rejection is confirmed", async () => {
    const { rootChain } = cluster;
    const rejection = rootChain.reject(badCheckpoint.checkpoint.number, badBlock.hash);
    const taken = rootChain.taken.length;
    const heights = colluders().map((node) => node.node().height());
    await cluster.until("the colluders have had time for more blocks", () =>
      colluders().every((node, i) => node.node().height() >= (heights[i] as bigint) + 3n),
    );
    expect(rootChain.taken).toHaveLength(taken);
    expect(rootChain.refused.filter(({ why }) => !why.startsWith("Bad"))).toEqual([]);
    for (const node of colluders()) node.node().heal("f1");
    rejection.confirm();
  });

  it("takes every node back to the last good block, from where all go on together", async () => {
    await cluster.until("everybody has taken the void blocks back", () =>
      cluster.nodes.every((node) => eventsOf(node, "checkpointRejected").length === 1),
    );
    await cluster.until("four new blocks are final everywhere", () => finalBeyond(lastGood + 4n));
    for (const node of cluster.nodes) {
      const status = await node.rpc().request<{ consensus: { generation: number } }>("koma_status");
      expect(status.consensus.generation).toBe(1);
    }
    await sameBlocks(lastGood + 4n);
    expect(await blockHash(cluster.at(0), badBlock.number)).not.toBe(badBlock.hash);
  });

  it("gives ordinary transactions of the void blocks back to the pool, and delivers their deposits again", async () => {
    await cluster.until("the transaction has a receipt everywhere", async () => {
      const receipts = await Promise.all(cluster.nodes.map((node) => receiptOf(node, voidTransaction)));
      return receipts.every((receipt) => receipt !== null);
    });
    await cluster.until("the deposit is there again", async () => {
      const balances = await Promise.all(cluster.nodes.map((node) => balanceOf(node, recipient)));
      return balances.every((balance) => balance === 3n * coin);
    });
    for (const node of cluster.nodes) expect(await balanceOf(node, bob.address)).toBe(1_000n * coin + 7n);
  });

  it("is followed by checkpoints of the new generation, which everybody signs", async () => {
    const { rootChain } = cluster;
    await cluster.until("one is taken", () => rootChain.live.at(-1)?.checkpoint.generation === 1n);
    const next = rootChain.live.find(({ checkpoint }) => checkpoint.generation === 1n) as TakenCheckpoint;
    expect(next.checkpoint).toMatchObject({ number: badCheckpoint.checkpoint.number, start: lastGood + 1n });
    for (const node of cluster.nodes) {
      expect(await blockHash(node, next.checkpoint.end)).toBe(next.checkpoint.lastBlockHash);
    }
  });

  it("does not come back after a restart", async () => {
    const finals = cluster.nodes.map((node) => eventsOf(node, "blockFinalized").at(-1)?.number as bigint);
    const top = finals.reduce((a, b) => (a > b ? a : b));
    await Promise.all([cluster.crash(0), cluster.stop(1, 2, 3)]);
    await cluster.start(0, 1, 2, 3);
    await cluster.until("the chain goes on", () => finalBeyond(top + 2n));
    await sameBlocks(top + 2n);
    for (const node of cluster.nodes) expect(eventsOf(node, "checkpointRejected")).toHaveLength(1);
  });

  it("does not keep out a node that comes without any block: it gets the checkpointed ones from its peers", async () => {
    const [first] = cluster.nodes as [ClusterNode];
    await cluster.stop(HONEST);
    rmSync(cluster.at(HONEST).dataDir, { recursive: true });
    await cluster.start(HONEST);
    const height = eventsOf(first, "blockFinalized").at(-1)?.number as bigint;
    await cluster.until("it has caught up", async () => {
      const status = await cluster.at(HONEST).rpc().request<{ finalized: { number: string } }>("koma_status");
      return BigInt(status.finalized.number) >= height;
    });
    await sameBlocks(height);
  });

  async function finalBeyond(height: bigint): Promise<boolean> {
    const statuses = await Promise.all(
      cluster.nodes.map((node) => node.rpc().request<{ finalized: { number: string } }>("koma_status")),
    );
    return statuses.every(({ finalized }) => BigInt(finalized.number) >= height);
  }

  async function sameBlocks(upTo: bigint): Promise<void> {
    for (let number = 0n; number <= upTo; number++) {
      const hashes = await Promise.all(cluster.nodes.map((node) => blockHash(node, number)));
      expect(new Set(hashes).size, `block ${number}`).toBe(1);
    }
  }
});

function covers({ start, end }: { readonly start: bigint; readonly end: bigint }, block: bigint): boolean {
  return start <= block && block <= end;
}

function said(node: ClusterNode, sentence: string): boolean {
  return node.log.some((entry) => entry.sentence === sentence);
}

function receiptOf(node: ClusterNode, transaction: Hash): Promise<{ blockHash: Hash } | null> {
  return node.rpc().request<{ blockHash: Hash } | null>("eth_getTransactionReceipt", [transaction]);
}

/** The final block in which one sender used a nonce twice. */
async function findBadBlock(node: ClusterNode): Promise<{ number: bigint; hash: Hash } | undefined> {
  for (const { number, hash } of eventsOf(node, "blockFinalized")) {
    const { transactions } = await node
      .rpc()
      .request<{ transactions: { from: string; nonce: string }[] }>("eth_getBlockByNumber", [number, true]);
    const uses = transactions.map(({ from, nonce }) => `${from} ${nonce}`);
    if (new Set(uses).size < uses.length) return { number, hash };
  }
  return undefined;
}

function submitted({ checkpoint }: TakenCheckpoint): SubmittedCheckpoint {
  return { ...checkpoint, submittedAt: BigInt(Math.floor(Date.now() / 1000)), challengeEnd: 0n, status: "pending" };
}

/** A node's blocks over RPC, with the checkpoints that the scripted root chain took. */
async function archiveOf(node: ClusterNode, taken: readonly TakenCheckpoint[]): Promise<ChainArchive> {
  const client = await openChainClient(node.node().rpc().url);
  const read = (matches: (each: TakenCheckpoint) => boolean) => {
    const found = taken.find(matches);
    return Promise.resolve(found && submitted(found));
  };
  return createNetworkArchive([{ name: node.name, block: (number) => client.block(number) }], {
    checkpoint: (number) => read(({ checkpoint }) => checkpoint.number === number),
    checkpointCovering: (block) => read(({ checkpoint }) => covers(checkpoint, block)),
  });
}
