import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deposit, DepositKind, depositHash } from "../../src/bridge/index.ts";
import {
  type Address,
  addressOfKey,
  emptyBytes,
  type Hash,
  keccak256,
  utf8,
  zeroHash,
} from "../../src/primitives/index.ts";
import { checkpointHash } from "../../src/rootchain/index.ts";
import {
  balanceOf,
  blockHash,
  type ClusterNode,
  childBridge,
  clusterChainId,
  coin,
  eventsOf,
  type NodeCluster,
  startCluster,
} from "../support/node-cluster.ts";

const EVERY = 4n;

describe("checkpoints with a scripted root chain", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster({ checkpointEvery: Number(EVERY) });
  });
  afterAll(() => cluster.dispose());

  const indexOf = (signer: Address | undefined) => cluster.nodes.findIndex((node) => node.signer.address === signer);

  it("are submitted once each, by the staker whose turn it is, with the signatures of more than two thirds", async () => {
    const { rootChain } = cluster;
    const turns: (Address | undefined)[] = [rootChain.proposerIn(0)];
    await cluster.until("two checkpoints are taken", () => {
      if (rootChain.taken.length === turns.length) turns.push(rootChain.proposerIn(0));
      return rootChain.taken.length >= 2;
    });
    // The contract in the script recovered the compact signatures in the order of seats, or it would have refused.
    expect(rootChain.refused).toEqual([]);
    let next = 1n;
    let previous: Hash = zeroHash;
    for (const [index, { checkpoint, signers, by }] of rootChain.taken.entries()) {
      expect(checkpoint).toMatchObject({ number: BigInt(index) + 1n, start: next, prevCheckpoint: previous });
      expect(checkpoint.end - checkpoint.start + 1n).toBeGreaterThanOrEqual(EVERY);
      expect(signers.length).toBeGreaterThanOrEqual(3);
      expect(checkpoint.proposer).toBe(turns[index]);
      expect(by).toBe(indexOf(turns[index]));
      for (const node of cluster.nodes) expect(await blockHash(node, checkpoint.end)).toBe(checkpoint.lastBlockHash);
      next = checkpoint.end + 1n;
      previous = checkpointHash(checkpoint);
    }
    await cluster.until("every node has heard of them", () =>
      cluster.nodes.every((node) => eventsOf(node, "checkpointSubmitted").length >= 2),
    );
  });

  it("are submitted by the next round's proposer when the first one is dead", async () => {
    const { rootChain } = cluster;
    let taken: number;
    let dead: number;
    for (;;) {
      taken = rootChain.taken.length;
      dead = indexOf(rootChain.proposerIn(0));
      await cluster.stop(dead);
      if (rootChain.taken.length === taken) break;
      // It submitted with its last breath; the next one's proposer is another.
      await cluster.start(dead);
    }
    const others = cluster.running();
    const { nextStart } = rootChain.head();
    await cluster.until("the checkpoint is due for everybody else", () =>
      others.every((node) => (eventsOf(node, "blockFinalized").at(-1)?.number ?? 0n) >= nextStart + EVERY),
    );
    expect(rootChain.taken).toHaveLength(taken);
    while (indexOf(rootChain.proposerIn(rootChain.round)) === dead) rootChain.round += 1;
    const next = rootChain.proposerIn(rootChain.round);
    await submitted(taken + 1);
    expect(rootChain.taken[taken]?.checkpoint.proposer).toBe(next);
    expect(rootChain.taken[taken]?.by).toBe(indexOf(next));
    expect(rootChain.taken[taken]?.signers).not.toContain(cluster.at(dead).signer.address);
    await cluster.start(dead);
    const number = rootChain.taken[taken]?.checkpoint.number as bigint;
    await cluster.until("the one that was dead has signed it afterwards", () =>
      Boolean(((rootChain.attested.get(number) ?? 0n) >> BigInt(dead)) & 1n),
    );
  });

  it("are not lost while the root chain is down", async () => {
    const { rootChain } = cluster;
    rootChain.reachable = false;
    const { nextStart } = rootChain.head();
    await cluster.until("more blocks than a checkpoint needs are final", () =>
      cluster.nodes.every((node) => (eventsOf(node, "blockFinalized").at(-1)?.number ?? 0n) > nextStart + EVERY),
    );
    const taken = rootChain.taken.length;
    rootChain.reachable = true;
    await submitted(taken + 1);
    expect(rootChain.refused).toEqual([]);
  });

  describe("and deposits", () => {
    it("credit each recipient once, in the order of the root chain", async () => {
      cluster.rootChain.deposit(depositOf(1n), depositOf(2n));
      cluster.rootChain.deposit(depositOf(3n));
      await credited(3n);
      expect(await deliveredIds(cluster.at(0))).toEqual([1n, 2n, 3n]);
    });

    it("reach a node that was away, and none is credited twice after a restart", async () => {
      await cluster.stop(2);
      cluster.rootChain.deposit(depositOf(4n));
      await credited(4n);
      await cluster.start(2);
      cluster.rootChain.deposit(depositOf(5n));
      await credited(5n);
      for (const node of cluster.nodes) {
        expect(await deliveredIds(node)).toEqual([1n, 2n, 3n, 4n, 5n]);
        expect(eventsOf(node, "depositCredited").map(({ id }) => id)).toEqual([1n, 2n, 3n, 4n, 5n]);
        for (let id = 1n; id <= 5n; id++) expect(await balanceOf(node, recipientOf(id))).toBe(id * coin);
      }
    });

    it("that the root chain took back are not signed for until it has them again", async () => {
      const { rootChain } = cluster;
      // No checkpoint meanwhile: the deposit's block has to be under the next one.
      rootChain.reachable = false;
      const before = rootChain.deposit(depositOf(6n)) - 1n;
      await credited(6n);
      const block = await deliveryBlock(cluster.at(0), 6n);
      expect(block).toBeGreaterThanOrEqual(rootChain.head().nextStart);
      rootChain.reorganise(before);
      await cluster.until("everybody knows", () =>
        cluster.nodes.every((node) => saidBy(node).includes("the root chain took confirmed blocks back")),
      );
      rootChain.reachable = true;
      // Whoever's turn it is refuses to propose; nobody else has anything to refuse.
      await cluster.until("the checkpoint over it is refused", () =>
        cluster.nodes.some((node) => saidBy(node).includes("refusing to sign a checkpoint")),
      );
      const taken = rootChain.taken.length;
      rootChain.deposit(depositOf(6n));
      await submitted(taken + 1);
      expect((rootChain.taken[taken]?.checkpoint.end as bigint) >= block).toBe(true);
      expect(await deliveredIds(cluster.at(3))).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    });
  });

  function submitted(count: number): Promise<void> {
    const { rootChain } = cluster;
    return cluster.until(`${count} checkpoints are taken`, () => rootChain.taken.length >= count);
  }

  function credited(id: bigint): Promise<void> {
    return cluster.until(`deposit ${id} is credited in a final block everywhere`, () =>
      cluster.running().every((node) => eventsOf(node, "depositCredited").some((event) => event.id === id)),
    );
  }
});

function saidBy(node: ClusterNode): readonly string[] {
  return node.log.map(({ sentence }) => sentence);
}

function recipientOf(id: bigint): Address {
  return addressOfKey(keccak256(utf8(`recipient ${id}`)));
}

function depositOf(id: bigint): Deposit {
  return {
    chainId: clusterChainId,
    id,
    kind: DepositKind.native,
    rootToken: `0x${"cc".repeat(20)}` as Address,
    recipient: recipientOf(id),
    amount: id * coin,
    data: emptyBytes,
    createdAt: 1_700_000_000n + id,
  };
}

interface DeliveryLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
}

async function deliveries(node: ClusterNode): Promise<readonly DeliveryLog[]> {
  return node
    .rpc()
    .request<DeliveryLog[]>("eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest", address: childBridge }]);
}

/** Ids in the order in which this chain delivered them; each log has to carry the root chain's hash of the deposit. */
async function deliveredIds(node: ClusterNode): Promise<readonly bigint[]> {
  const logs = await deliveries(node);
  return logs.map(({ topics, data }) => {
    const id = BigInt(topics[1] as string);
    expect(data).toContain(depositHash(depositOf(id)).slice(2));
    return id;
  });
}

async function deliveryBlock(node: ClusterNode, id: bigint): Promise<bigint> {
  const log = (await deliveries(node)).find(({ topics }) => BigInt(topics[1] as string) === id);
  return BigInt(log?.blockNumber as string);
}
