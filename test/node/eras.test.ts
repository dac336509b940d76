import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeEvent } from "../../src/node/events.ts";
import { type ClusterNode, eventsOf, finalHeight, type NodeCluster, startCluster } from "../support/node-cluster.ts";

const BLOCKS = 4;

interface ConsensusView {
  readonly instance: string;
  readonly era: number;
  readonly keyBlock: number;
  readonly units: number;
}

const consensusOf = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");
const eraOf = async (node: ClusterNode) => (await consensusOf(node)).era;

describe("eras of four blocks", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster({ eraMinBlocks: BLOCKS });
  });
  afterAll(() => cluster.dispose());

  it("follow each other on every node, with one instance each", async () => {
    await cluster.until("everybody is in the fifth era", async () =>
      (await Promise.all(cluster.nodes.map(eraOf))).every((era) => era >= 4),
    );
    for (const node of cluster.nodes) {
      const opened = node.log.filter(({ sentence }) => sentence === "consensus instance opened");
      expect(opened.slice(0, 5).map(({ facts }) => [facts["era"], facts["keyBlock"]])).toEqual(
        [0, 1, 2, 3, 4].map((era) => [era, era * BLOCKS]),
      );
      const ids = opened.slice(0, 5).map(({ facts }) => facts["instance"]);
      expect(new Set(ids).size).toBe(5);
      expect(ids).toEqual(
        cluster
          .at(0)
          .log.filter(({ sentence }) => sentence === "consensus instance opened")
          .slice(0, 5)
          .map(({ facts }) => facts["instance"]),
      );
    }
  });

  it("leave no gap between the blocks at their borders", async () => {
    const [node] = cluster.nodes as [ClusterNode];
    const head = await finalHeight(node);
    const times: number[] = [];
    for (let number = 1n; number <= head; number++) {
      const block = await node.rpc().request<{ timestamp: string }>("eth_getBlockByNumber", [number, false]);
      times.push(Number(block.timestamp));
    }
    const gaps = times
      .slice(1)
      .map((time, i) => ({ border: (i + 1) % BLOCKS === 0, gap: time - (times[i] as number) }));
    process.stderr.write(`${JSON.stringify(gaps)}\n`);
    for (const { border, gap } of gaps) if (border) expect(gap).toBeLessThanOrEqual(2);
  });

  it("report every block once at every threshold", () => {
    for (const node of cluster.nodes) {
      const finals = eventsOf(node, "blockFinalized").map(
        (event: Extract<NodeEvent, { type: "blockFinalized" }>) => event.number,
      );
      expect(finals).toEqual(finals.map((_, i) => BigInt(i + 1)));
    }
  });
});
