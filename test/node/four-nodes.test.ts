import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import type { Hash } from "../../src/primitives/index.ts";
import { openStore } from "../../src/storage/index.ts";
import {
  alice,
  balanceOf,
  blockHash,
  bob,
  type ClusterNode,
  eventsOf,
  finalHeight,
  type NodeCluster,
  startCluster,
  transfer,
} from "../support/node-cluster.ts";

describe("four nodes with a scripted root chain", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.dispose());

  /** Every final block so far, by number; fails when two lives or two nodes had different ones. */
  function finalBlocks(nodes: readonly ClusterNode[] = cluster.nodes): ReadonlyMap<bigint, Hash> {
    const blocks = new Map<bigint, Hash>();
    for (const node of nodes) {
      for (const { number, hash } of eventsOf(node, "blockFinalized")) {
        expect(blocks.get(number) ?? hash, `block ${number} of ${node.name}`).toBe(hash);
        blocks.set(number, hash);
      }
    }
    return blocks;
  }

  async function heights(nodes: readonly ClusterNode[] = cluster.running()): Promise<readonly bigint[]> {
    return Promise.all(nodes.map(finalHeight));
  }

  const lowest = (values: readonly bigint[]) => values.reduce((a, b) => (a < b ? a : b));
  const allReach = (height: bigint) => async () => lowest(await heights()) >= height;

  it("finalise the same blocks", async () => {
    await cluster.until("ten blocks are final everywhere", allReach(10n));
    for (let number = 1n; number <= 10n; number++) {
      const hashes = await Promise.all(cluster.nodes.map((node) => blockHash(node, number)));
      expect(new Set(hashes).size).toBe(1);
      expect(hashes[0]).toMatch(/^0x[0-9a-f]{64}$/);
    }
    expect(finalBlocks().size).toBeGreaterThanOrEqual(10);
  });

  it("include a transaction that one of them got, and grow sure of it", async () => {
    const latencies: number[] = [];
    for (let nonce = 0n; nonce < 5n; nonce++) {
      const sent = Date.now();
      const { hash, raw } = transfer(alice, { nonce, to: bob.address, value: 1_000n });
      await cluster
        .at(Number(nonce) % 4)
        .rpc()
        .request("eth_sendRawTransaction", [raw]);
      const receipts = new Map<ClusterNode, { blockHash: Hash; status: string }>();
      await cluster.until("every node has the receipt", async () => {
        for (const node of cluster.nodes) {
          const receipt = await node
            .rpc()
            .request<{ blockHash: Hash; status: string } | null>("eth_getTransactionReceipt", [hash]);
          if (receipt) receipts.set(node, receipt);
        }
        return receipts.size === 4;
      });
      const [first] = receipts.values();
      for (const receipt of receipts.values()) expect(receipt).toEqual(first);
      expect(first?.status).toBe("0x1");
      await cluster.until("confidence in its block passes one third everywhere", async () => {
        const answers = await Promise.all(
          cluster.nodes.map((node) =>
            node.rpc().request<{ confidence: number }>("koma_getConfidence", [first?.blockHash]),
          ),
        );
        return answers.every(({ confidence }) => confidence > 1 / 3);
      });
      latencies.push(Date.now() - sent);
    }
    latencies.sort((a, b) => a - b);
    console.info(`from submission to more than 1/3 on four nodes, ms: ${latencies.join(" ")}`);
    for (const node of cluster.nodes) {
      expect(await node.rpc().request("eth_getTransactionCount", [alice.address, "latest"])).toBe("0x5");
    }
  });

  it("go on without one of them, which catches up from its own folder and signs again", async () => {
    const [first] = cluster.nodes as [ClusterNode];
    await cluster.stop(3);
    const before = lowest(await heights());
    await cluster.until("three blocks more are final without it", allReach(before + 3n));
    const unitsBefore = await seqOf(first, 3);
    const mark = cluster.at(3).events.length;
    await cluster.start(3);
    const target = lowest(await heights([first])) + 3n;
    await cluster.until("it has caught up", allReach(target));
    await cluster.until("others hold units that it made after its restart", async () => {
      return (await seqOf(first, 3)) > unitsBefore + 3;
    });
    const again = eventsOf(cluster.at(3), "blockFinalized", mark).map(({ number }) => number);
    const known = eventsOf(cluster.at(3), "blockFinalized").slice(0, -again.length);
    expect(again[0]).toBe((known.at(-1)?.number as bigint) + 1n);
    finalBlocks();
  });

  it("take everyone back who was cut off for a while, also with blocks that it built alone", async () => {
    for (const cutOff of cluster.nodes) {
      const others = cluster.nodes.filter((node) => node !== cutOff);
      const [witness] = others as [ClusterNode];
      const mark = cutOff.events.length;
      const before = lowest(await heights());
      cutOff.node().network.setFilter(() => "drop");
      await cluster.until("the others have finalised three blocks without it", async () => {
        return lowest(await heights(others)) >= before + 3n;
      });
      const built = eventsOf(cutOff, "headChanged", mark).filter(({ producer }) => producer === cutOff.signer.address);
      const seq = await seqOf(witness, cutOff.index);
      cutOff.node().network.setFilter(undefined);
      await cluster.until("the others have units that it made since", async () => {
        return (await seqOf(witness, cutOff.index)) > seq + 4;
      });
      await cluster.until("it is where they are", allReach(before + 6n));
      // It leads about every fourth slot, and it takes a while until it notices that it is alone.
      if (built.length > 0) break;
    }
    expect(complaints("proposed block is invalid")).toEqual([]);
    expect(complaints("disconnecting a peer that broke a rule")).toEqual([]);
    finalBlocks();
  });

  it("survive the crash of one: it never contradicts itself", async () => {
    await cluster.crash(1);
    const seen = await seqOf(cluster.at(0), 1);
    await cluster.start(1);
    await cluster.until("it signs again", async () => (await seqOf(cluster.at(0), 1)) > seen + 2);
    for (const node of cluster.nodes) expect(eventsOf(node, "faultDetected")).toEqual([]);
    expect(complaints("consensus alarm")).toEqual([]);
  });

  it("neither finalise nor fork while half of them is away, and go on where they stopped", async () => {
    await cluster.stop(2, 3);
    // What was on its way at that moment may still become final.
    await cluster.until("the two pause", async () => {
      const status = await Promise.all([0, 1].map((index) => statusOf(cluster.at(index))));
      return status.every(({ consensus }) => consensus.paused);
    });
    const stoppedAt = await heights();
    const heads = cluster.running().map((node) => node.node().height());
    const slot = await slotOf(cluster.at(0));
    await cluster.until("four more slots have passed", async () => (await slotOf(cluster.at(0))) >= slot + 4_000);
    expect(await heights()).toEqual(stoppedAt);
    expect(cluster.running().map((node) => node.node().height())).toEqual(heads);
    await cluster.start(2, 3);
    const target = heads.reduce((a, b) => (a > b ? a : b)) + 3n;
    await cluster.until("all four are past it", allReach(target));
    finalBlocks();
    for (const node of cluster.nodes) expect(await balanceOf(node, bob.address)).toBe(1_000n * 10n ** 18n + 5_000n);
  });

  it("resume at the same height after two crashed and two stopped, without telling of any block twice", async () => {
    await Promise.all([cluster.crash(0), cluster.crash(1), cluster.stop(2, 3)]);
    const finals = cluster.nodes.map((node) => eventsOf(node, "blockFinalized").at(-1)?.number as bigint);
    const marks = cluster.nodes.map((node) => node.events.length);
    await cluster.start(0, 1, 2, 3);
    expect((await heights()).every((height, i) => height >= (finals[i] as bigint))).toBe(true);
    await cluster.until("blocks become final again", allReach(finals.reduce((a, b) => (a > b ? a : b)) + 2n));
    for (const [i, node] of cluster.nodes.entries()) {
      expect(eventsOf(node, "blockFinalized", marks[i])[0]?.number).toBe((finals[i] as bigint) + 1n);
      const numbers = eventsOf(node, "blockFinalized").map(({ number }) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
    }
    finalBlocks();
  });

  it("have signed one unit per sequence number at most, whatever happened", async () => {
    await cluster.stop(0, 1, 2, 3);
    const { chainId } = cluster.genesis;
    const units = new Map<string, Hash>();
    for (const node of cluster.nodes) {
      const store = openStore(node.dataDir, { chainId, logger: silentLogger });
      try {
        for (const { hash: instance } of store.instances.list()) {
          for (const { creator, seq, hash } of store.units.units(instance)) {
            const place = `${instance} ${creator} ${seq}`;
            expect(units.get(place) ?? hash, place).toBe(hash);
            units.set(place, hash);
          }
          expect(store.units.evidence(instance)).toEqual([]);
        }
      } finally {
        store.close();
      }
    }
    expect(units.size).toBeGreaterThan(100);
  });

  function complaints(sentence: string) {
    return cluster.nodes.flatMap(({ log }) => log.filter((entry) => entry.sentence === sentence));
  }
});

interface Status {
  readonly consensus: { readonly paused: boolean };
}

function statusOf(node: ClusterNode): Promise<Status> {
  return node.rpc().request<Status>("koma_status");
}

/** Start of the slot that a node is in, ms. */
async function slotOf(node: ClusterNode): Promise<number> {
  return (await node.rpc().request<{ slot: number }>("koma_consensus")).slot;
}

/**
 * Place of the latest unit of a validator that a node knows: its sequence number, which begins anew in every era, on top of
 * more than all the numbers of the eras before.
 */
async function seqOf(node: ClusterNode, validator: number): Promise<number> {
  const { keyBlock, validators } = await node
    .rpc()
    .request<{ keyBlock: number; validators: { index: number; seq?: number }[] }>("koma_consensus");
  return keyBlock * 1_000 + (validators.find(({ index }) => index === validator)?.seq ?? -1);
}
