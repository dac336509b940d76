import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEquivocationEvidence, encodeMessage, headerDigest, type UnitHash } from "../../src/consensus/index.ts";
import { consensusDomain } from "../../src/consensus/unit.ts";
import type { Network } from "../../src/network/index.ts";
import { type Hash, keccakHash, signDigest, utf8 } from "../../src/primitives/index.ts";
import {
  blockHash,
  type ClusterNode,
  clusterChainId,
  eventsOf,
  finalHeight,
  type NodeCluster,
  startCluster,
} from "../support/node-cluster.ts";
import { createStranger } from "../support/stranger.ts";

const CULPRIT = 2;

interface ConsensusView {
  readonly instance: Hash;
  readonly era: number;
  readonly totalWeight: number;
  readonly validators: readonly { readonly signer: string; readonly faulty: boolean; readonly seq?: number }[];
}

describe("a validator that is proven to have signed twice", () => {
  let cluster: NodeCluster;
  let messenger: Network;
  let era = 0;
  let weight = 0;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: 6 });
    messenger = createStranger(cluster, "messenger");
    await messenger.start();
  });
  afterAll(async () => {
    await messenger.stop();
    await cluster.dispose();
  });

  const view = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");
  const culprit = () => cluster.at(CULPRIT).signer;
  const seenBy = async (node: ClusterNode) =>
    (await view(node)).validators.find(({ signer }) => signer === culprit().address);

  it("counts as faulty at once, for everybody who hears of it", async () => {
    await cluster.until("an era is young", async () => {
      const height = cluster.at(0).node().height();
      return messenger.peers().length === 1 && height >= 7n && height % 6n === 1n;
    });
    const { instance, validators, totalWeight, ...now } = await view(cluster.at(0));
    era = now.era;
    weight = totalWeight;
    const domain = consensusDomain(clusterChainId);
    const creator = validators.findIndex(({ signer }) => signer === culprit().address);
    const header = (name: string) => {
      const unsigned = { instance, creator, seq: 9_999, prev: keccakHash(utf8(name)) as string as UnitHash };
      const content = { ...unsigned, bodyHash: keccakHash(utf8(name)) };
      return { ...content, signature: signDigest(headerDigest(domain, content), culprit().key) };
    };
    const evidence = createEquivocationEvidence(domain, header("one"), header("another"));
    messenger.broadcast("consensus", encodeMessage({ kind: "evidence", instance, evidence }));
    await cluster.until("every other node reports the fault", () =>
      cluster.nodes
        .filter(({ index }) => index !== CULPRIT)
        .every((node) => eventsOf(node, "faultDetected").length === 1),
    );
  });

  it("is banned in the next era, in which its weight still counts", async () => {
    await cluster.until("the next era runs everywhere", async () =>
      (await Promise.all(cluster.nodes.map(view))).every((seen) => seen.era === era + 1),
    );
    const views = await Promise.all(cluster.nodes.map(view));
    expect(new Set(views.map(({ instance }) => instance)).size).toBe(1);
    expect(views.map(({ totalWeight }) => totalWeight)).toEqual(views.map(() => weight));
    for (const node of cluster.nodes) expect(await seenBy(node)).toMatchObject({ faulty: true });
  });

  it("is left out of the one after, which all nodes agree upon, its own among them", async () => {
    await cluster.until("that era runs everywhere", async () =>
      (await Promise.all(cluster.nodes.map(view))).every((seen) => seen.era === era + 2),
    );
    const views = await Promise.all(cluster.nodes.map(view));
    expect(new Set(views.map(({ instance }) => instance)).size).toBe(1);
    for (const node of cluster.nodes) expect(await seenBy(node)).toBeUndefined();
    expect(views.map(({ validators }) => validators.length)).toEqual([3, 3, 3, 3]);
    const head = await finalHeight(cluster.at(0));
    await cluster.until("blocks become final, also for the one that only follows", async () =>
      (await Promise.all(cluster.nodes.map(finalHeight))).every((height) => height > head + 2n),
    );
    const hashes = await Promise.all(cluster.nodes.map((node) => blockHash(node, head + 2n)));
    expect(new Set(hashes).size).toBe(1);
  });

  it("does not keep a node out that was away when all this happened", async () => {
    const late = cluster.at(3);
    await cluster.stop(3);
    const { era: left } = await view(cluster.at(0));
    await cluster.until("three eras have passed", async () => (await view(cluster.at(0))).era >= left + 3, 90_000);
    await cluster.start(3);
    await cluster.until("it is where the others are", async () => {
      const [theirs, its] = await Promise.all([view(cluster.at(0)), view(late)]);
      return theirs.instance === its.instance;
    });
  });
});
