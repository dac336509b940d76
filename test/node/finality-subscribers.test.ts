import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Hash } from "../../src/primitives/index.ts";
import { createRpcClient, type RpcClient } from "../../src/rpc/index.ts";
import { blockHash, type ClusterNode, type NodeCluster, startCluster } from "../support/node-cluster.ts";

const BLOCKS = 6;

interface News {
  readonly alpha: number;
  readonly number: string;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly confidence: { readonly confidence: number; readonly N: number; readonly faultyWeight: number };
}

/** What one subscriber has heard; fails at once on a gap, a repetition, or a block of another threshold. */
class Subscriber {
  readonly heard: News[] = [];
  readonly alpha: number;
  readonly problems: string[] = [];

  constructor(alpha: number) {
    this.alpha = alpha;
  }

  hear(news: News): void {
    const before = this.heard.at(-1);
    if (news.alpha !== this.alpha) this.problems.push(`a block at ${news.alpha}`);
    if (before && Number(news.number) !== this.height + 1) this.problems.push(`${news.number} after ${before.number}`);
    if (before && news.parentHash !== before.hash) this.problems.push(`${news.number} is no child of ${before.number}`);
    this.heard.push(news);
  }

  get height(): number {
    return Number(this.heard.at(-1)?.number ?? -1);
  }
}

describe("subscribers with thresholds of their own", () => {
  let cluster: NodeCluster;
  const clients: RpcClient[] = [];
  const subscribers: Subscriber[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: BLOCKS });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await cluster.dispose();
  });

  function connect(node: ClusterNode): RpcClient {
    const client = createRpcClient(node.node().rpc().wsUrl);
    clients.push(client);
    return client;
  }

  async function subscribe(client: RpcClient, subscriber: Subscriber, from?: number) {
    if (!subscribers.includes(subscriber)) subscribers.push(subscriber);
    const options = { alpha: subscriber.alpha, ...(from === undefined ? {} : { from: `0x${from.toString(16)}` }) };
    return client.subscribe("koma", ["finality", options], (news) => subscriber.hear(news as News));
  }

  const hear = (blocks: number, ...those: readonly Subscriber[]) => {
    const heights = those.map(({ height, heard }) => (heard.length === 0 ? 0 : height) + blocks);
    return cluster.until(`${blocks} more blocks for everybody`, () =>
      those.every((subscriber, i) => subscriber.height >= (heights[i] as number)),
    );
  };

  const watchedBy = async (node: ClusterNode) =>
    (await node.rpc().request<{ finality: { fraction: number }[] }>("koma_consensus")).finality.map(
      ({ fraction }) => fraction,
    );

  it("hear each block once, in order, over the borders of eras, at shares that nobody configured too", async () => {
    const client = connect(cluster.at(0));
    const [safe, third, own, high] = [0.1, 1 / 3, 0.45, 0.7].map((alpha) => new Subscriber(alpha));
    for (const subscriber of [safe, third, own, high]) await subscribe(client, subscriber as Subscriber);
    expect(await watchedBy(cluster.at(0))).toEqual([0.1, 1 / 3, 0.45, 0.5, 0.7, 0.8]);
    await hear(2 * BLOCKS, ...(subscribers as Subscriber[]));
    for (const { alpha, heard, problems } of subscribers) {
      expect(problems).toEqual([]);
      for (const { confidence } of heard.filter(({ confidence: { confidence } }) => confidence > 0)) {
        expect(confidence.N).toBeGreaterThan(0);
        expect(confidence.faultyWeight).toBe(0);
      }
      // Each waits for its own share, and for nothing more: within one era more confidence cannot come sooner.
      expect(heard.length).toBeGreaterThan(BLOCKS);
      expect(heard.some(({ confidence: { confidence } }) => confidence >= alpha)).toBe(true);
    }
  });

  it("keep theirs when the operator changes the node's, and let go of it at the end", async () => {
    const set = (given: readonly number[]) => cluster.at(0).rpc().request("koma_setFinality", [given]);
    expect(await set([0.6])).toEqual([0.1, 1 / 3, 0.45, 0.6, 0.7]);
    const added = new Subscriber(0.6);
    const client = connect(cluster.at(0));
    const held = await subscribe(client, added);
    await hear(4, ...subscribers);
    expect(await set([0.45, 0.9])).toEqual([0.1, 1 / 3, 0.45, 0.6, 0.7, 0.9]);
    await hear(BLOCKS, ...subscribers);
    await held.unsubscribe();
    expect(await watchedBy(cluster.at(0))).toEqual([0.1, 1 / 3, 0.45, 0.7, 0.9]);
    for (const { problems } of subscribers) expect(problems).toEqual([]);
    await expect(set([2])).rejects.toMatchObject({ code: "KOMA_E_RPC_PARAMS_INVALID" });
    for (const node of cluster.nodes.slice(1)) expect(await watchedBy(node)).toEqual([0.1, 1 / 3, 0.5, 0.8]);
  });

  it("go on after a restart of the node where they stopped, with the thresholds that were set", async () => {
    const again = subscribers.filter(({ alpha }) => alpha !== 0.6);
    await cluster.stop(0);
    const height = Math.max(...again.map((subscriber) => subscriber.height));
    const [, witness] = cluster.nodes as [ClusterNode, ClusterNode];
    await cluster.until("the others have gone on", () => Number(witness.node().height()) >= height + 4);
    await cluster.start(0);
    expect(await watchedBy(cluster.at(0))).toEqual([0.1, 1 / 3, 0.45, 0.9]);
    const client = connect(cluster.at(0));
    for (const subscriber of again) await subscribe(client, subscriber, subscriber.height + 1);
    await hear(BLOCKS + 4, ...again);
    for (const { problems, heard } of again) {
      expect(problems).toEqual([]);
      for (const { number, hash } of heard) expect(await blockHash(witness, BigInt(number))).toBe(hash);
    }
    const whole = new Subscriber(0.2);
    await subscribe(client, whole, 0);
    await hear(1, whole);
    expect(whole.heard[0]?.number).toBe("0x0");
    expect(whole.problems).toEqual([]);
  });
});
