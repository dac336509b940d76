import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeMessage, type Instance, signFinality, type UnitHash } from "../../src/consensus/index.ts";
import { consensusDomain } from "../../src/consensus/unit.ts";
import type { Network } from "../../src/network/index.ts";
import { type Hash, keccakHash, utf8 } from "../../src/primitives/index.ts";
import { type ClusterNode, clusterChainId, eventsOf, type NodeCluster, startCluster } from "../support/node-cluster.ts";
import { createStranger } from "../support/stranger.ts";

const CULPRIT = 2;
const ERA_BLOCKS = 6;

interface ConsensusView {
  readonly instance: Hash;
  readonly era: number;
  readonly faultyWeight: number;
  readonly validators: readonly { readonly signer: string; readonly faulty: boolean }[];
}

describe("a validator that calls two ends of an era final", () => {
  let cluster: NodeCluster;
  let messenger: Network;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: ERA_BLOCKS });
    messenger = createStranger(cluster, "messenger");
    await messenger.start();
  });
  afterAll(async () => {
    await messenger.stop();
    await cluster.dispose();
  });

  const view = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");
  const culprit = () => cluster.at(CULPRIT).signer;
  const others = () => cluster.nodes.filter(({ index }) => index !== CULPRIT);
  const seenBy = async (node: ClusterNode) =>
    (await view(node)).validators.find(({ signer }) => signer === culprit().address)?.faulty;

  it("is faulty in the era after, for all who hear of it, and banned in the next", async () => {
    const { instance, era, validators } = await view(cluster.at(0));
    await cluster.until("the next era runs everywhere", async () =>
      (await Promise.all(cluster.nodes.map(view))).every((seen) => seen.era === era + 1),
    );
    const index = validators.findIndex(({ signer }) => signer === culprit().address);
    // What signing needs of an instance.
    const ended = { id: instance, domain: consensusDomain(clusterChainId) } as Instance;
    const own = { index, privateKey: culprit().key };
    // Beside its own word for the block that really ended the era.
    const another = keccakHash(utf8("another end"));
    const end = { height: ERA_BLOCKS * (era + 1), block: another, unit: another as string as UnitHash };
    const signed = signFinality(ended, own, end);
    messenger.broadcast("consensus", encodeMessage({ kind: "finality", instance, signed }));
    await cluster.until("nobody else counts its votes", async () =>
      (await Promise.all(others().map(seenBy))).every((faulty) => faulty === true),
    );
    const during = await Promise.all(others().map(view));
    expect(during.every(({ faultyWeight }) => faultyWeight > 0)).toBe(true);
    await cluster.until("another era runs everywhere", async () =>
      (await Promise.all(cluster.nodes.map(view))).every((seen) => seen.era > (during[0]?.era ?? 0)),
    );
    const after = await Promise.all(cluster.nodes.map(view));
    expect(new Set(after.map((seen) => seen.instance)).size).toBe(1);
    for (const node of cluster.nodes) expect(await seenBy(node)).toBe(true);
    for (const node of others()) {
      expect(eventsOf(node, "faultDetected").every(({ validator }) => validator === culprit().address)).toBe(true);
    }
  });
});
