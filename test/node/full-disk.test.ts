import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterNode, type NodeCluster, startCluster } from "../support/node-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const START = 1_700_000_000_000;
/** Enough for the tables and some dozen blocks. */
const FULL_AT_PAGES = 90;

describe("a validator whose disk is full", () => {
  const clock = new VirtualClock(START);
  let cluster: NodeCluster;
  let node: ClusterNode;
  let pages: number | undefined = FULL_AT_PAGES;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1, eraMinBlocks: 1_000, clock, maxDatabasePages: () => pages });
    [node] = cluster.nodes as [ClusterNode];
    // A node that starts waits two rounds for a peer's state.
    clock.advanceTo(START + 2_500);
  });
  afterAll(() => cluster.dispose());

  /** Lets slots pass until the condition holds. */
  async function pass(until: () => boolean): Promise<void> {
    for (let slots = 0; !until(); slots++) {
      if (slots > 500) throw new Error(`still not so at block ${node.node().height()}`);
      clock.advanceTo(Math.ceil((clock.now() + 1) / 500) * 500);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it("gives up with a clear error, ends in order, and goes on where it was when there is room", async () => {
    const fatals: unknown[] = [];
    await pass(() => fatals.push(...cluster.takeFatals()) > 0);
    expect(fatals[0]).toMatchObject({ code: "KOMA_E_STORE_FULL" });
    const height = node.node().height();
    expect(height).toBeGreaterThan(5n);
    // Whatever else wants to write meanwhile fails for the same reason, and nothing else breaks.
    await cluster.stop(0).catch((error: unknown) => expect(error).toMatchObject({ code: "KOMA_E_STORE_FULL" }));
    for (const error of cluster.takeFatals()) expect(error).toMatchObject({ code: "KOMA_E_STORE_FULL" });

    pages = undefined;
    await cluster.start(0);
    const found = node.node().height();
    // Our last units, and the blocks in them, are on the disk or were never sent.
    expect(height - found).toBeLessThanOrEqual(2n);
    await pass(() => node.node().height() > height + 5n);
    expect(cluster.takeFatals()).toEqual([]);
    expect(node.log.filter(({ level, sentence }) => level === "error" && /equivocat|faulty/.test(sentence))).toEqual(
      [],
    );
  });
});
