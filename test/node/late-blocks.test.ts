import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterNode, eventsOf, finalHeight, type NodeCluster, startCluster } from "../support/node-cluster.ts";

// Each node in turn is cut off and goes on alone until it notices. What it proposes meanwhile comes late: when the others
// hear of it, they have another block of that height for final.

const TURNS = 12;
const LATE = "a block came after another one of its height was final";
const INVALID = "proposed block is invalid";

describe("a block that comes when another one of its height is final", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.dispose());

  const othersOf = (node: ClusterNode) => cluster.nodes.filter((other) => other !== node);
  const said = (node: ClusterNode, sentence: string) => node.log.filter((entry) => entry.sentence === sentence);
  const complaints = (sentence: string) => cluster.nodes.flatMap((node) => said(node, sentence));

  async function lowest(nodes: readonly ClusterNode[]): Promise<bigint> {
    const heights = await Promise.all(nodes.map(finalHeight));
    return heights.reduce((a, b) => (a < b ? a : b));
  }

  /** Cuts one off after the other until one has done `what` alone; the others have finalised blocks without it then. */
  async function alone(what: (cutOff: ClusterNode, since: number) => boolean, before = (_: ClusterNode) => {}) {
    for (let turn = 0; turn < TURNS; turn++) {
      const cutOff = cluster.at(turn % 4);
      const since = cutOff.events.length;
      const height = await lowest(cluster.nodes);
      cutOff.node().network.setFilter(() => "drop");
      before(cutOff);
      await cluster.until("the others have finalised four blocks without it", async () => {
        return (await lowest(othersOf(cutOff))) >= height + 4n;
      });
      if (what(cutOff, since)) return cutOff;
      cutOff.node().heal("f1");
      cutOff.node().network.setFilter(undefined);
      await cluster.until("it is where they are", async () => (await lowest(cluster.nodes)) >= height + 7n);
    }
    throw new Error("nobody proposed anything while it was cut off");
  }

  it("is run by everybody like any other, and its producer goes on", async () => {
    await cluster.until("blocks become final", async () => (await lowest(cluster.nodes)) >= 2n);
    const cutOff = await alone((node, since) =>
      eventsOf(node, "headChanged", since).some(({ producer }) => producer === node.signer.address),
    );
    cutOff.node().network.setFilter(undefined);
    await cluster.until("the others have run its block", () =>
      othersOf(cutOff).every((node) => said(node, LATE).length > 0),
    );
    const height = await lowest(othersOf(cutOff));
    await cluster.until("everybody finalises on", async () => (await lowest(cluster.nodes)) >= height + 3n);
    expect(complaints(INVALID)).toEqual([]);
    expect(complaints("disconnecting a peer that broke a rule")).toEqual([]);
  });

  it("is refused by everybody when it breaks a rule that only running it shows", async () => {
    const cheat = await alone(
      (node, since) => eventsOf(node, "behaviour", since).some(({ event }) => event === "performed"),
      (node) =>
        node.node().behave({
          type: "behave",
          id: 1,
          handle: "f1",
          kind: "bad-nonce",
          actors: [node.name],
          times: 1,
          params: {},
          collude: [],
        }),
    );
    const height = await lowest(othersOf(cheat));
    cheat.node().network.setFilter(undefined);
    await cluster.until("the others refuse its block", () =>
      othersOf(cheat).every((node) => said(node, INVALID).some(({ facts }) => facts["code"] === "Transaction")),
    );
    await cluster.until("they go on without it", async () => (await lowest(othersOf(cheat))) >= height + 3n);
  });
});
