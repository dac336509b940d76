import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Hash, parseAddress } from "../../src/primitives/index.ts";
import {
  decodeWorkTotals,
  predeployAddresses,
  type RootSeat,
  recordedWorkSlot,
  workTotalsSlot,
} from "../../src/rootchain/index.ts";
import {
  blockHash,
  type ClusterNode,
  coin,
  eventsOf,
  finalHeight,
  type NodeCluster,
  producerKeyOf,
  seatsOf,
  startCluster,
} from "../support/node-cluster.ts";

const ERA = 4;
const NEWCOMER = 4;

interface Member {
  readonly signer: string;
  readonly weight: number;
  readonly producer: boolean;
  readonly producerKey?: string;
  readonly online: boolean;
  readonly seq?: number;
}

interface ConsensusView {
  readonly instance: Hash;
  readonly era: number;
  readonly generation: number;
  readonly validators: readonly Member[];
}

describe("a committee that follows the root chain", () => {
  let cluster: NodeCluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 5, validators: 4, eraMinBlocks: ERA });
  });
  afterAll(() => cluster.dispose());

  const view = (node: ClusterNode) => node.rpc().request<ConsensusView>("koma_consensus");
  const views = () => Promise.all(cluster.running().map(view));
  const membersOf = ({ validators }: ConsensusView) => validators.map(({ signer }) => signer);
  const signer = (index: number) => cluster.at(index).signer.address;
  const producerKey = (index: number) => producerKeyOf(cluster.at(index).signer).address;
  const newcomer = () => signer(NEWCOMER);
  const seat = (index: number, power: bigint, producer: boolean): RootSeat => ({
    seat: index,
    signer: signer(index),
    power: power * coin,
    producer,
  });

  /** Everybody is in one and the same era, and it fits. */
  async function agreed(fits: (seen: ConsensusView) => boolean): Promise<ConsensusView | undefined> {
    const [first, ...others] = await views();
    return first && fits(first) && others.every(({ instance }) => instance === first.instance) ? first : undefined;
  }

  async function untilAgreed(what: string, fits: (seen: ConsensusView) => boolean): Promise<ConsensusView> {
    let found: ConsensusView | undefined;
    await cluster.until(what, async () => {
      found = await agreed(fits);
      return found !== undefined;
    });
    return found as ConsensusView;
  }

  it("begins with the validators of the genesis, while everybody else follows", async () => {
    await cluster.until("five nodes have final blocks", async () =>
      (await Promise.all(cluster.nodes.map(finalHeight))).every((height) => height >= 2n),
    );
    for (const seen of await views()) expect(membersOf(seen)).not.toContain(newcomer());
  });

  it("takes a newcomer in and weighs stakes anew, for an era that the one before has fixed", async () => {
    const { era: asked } = await view(cluster.at(0));
    cluster.rootChain.setSeats([
      ...seatsOf([0, 1, 2].map((index) => cluster.at(index).signer)),
      seat(3, 200n, true),
      seat(NEWCOMER, 100n, false),
    ]);
    const seen = await untilAgreed("the newcomer is in", (now) => membersOf(now).includes(newcomer()));
    expect(seen.era).toBeGreaterThanOrEqual(asked + 2);
    const weights = new Map(seen.validators.map(({ signer: each, weight }) => [each, weight]));
    expect([0, 1, 2, 3, NEWCOMER].map((index) => weights.get(signer(index)))).toEqual([
      166_666, 166_666, 166_666, 333_333, 166_666,
    ]);
    expect(seen.validators.find(({ signer: each }) => each === newcomer())?.producer).toBe(false);
  });

  it("has the newcomer sign from then on", async () => {
    await cluster.until("everybody has its units", async () =>
      (await views()).every(
        ({ validators }) => (validators.find((each) => each.signer === newcomer())?.seq ?? -1) >= 2,
      ),
    );
    const head = await finalHeight(cluster.at(0));
    await cluster.until("blocks become final", async () => (await finalHeight(cluster.at(NEWCOMER))) > head + 2n);
  });

  it("is the same for a node that was away and for one that crashed", async () => {
    await cluster.stop(2);
    const { era } = await view(cluster.at(0));
    // One stake changes while it is away, and seats change hands.
    cluster.rootChain.setSeats([
      ...[0, 1, 2].map((index) => seat(index, 150n, true)),
      seat(3, 200n, true),
      seat(NEWCOMER, 300n, false),
    ]);
    await cluster.until("three eras have passed", async () => (await view(cluster.at(0))).era >= era + 3, 90_000);
    await cluster.start(2);
    await cluster.crash(1);
    await cluster.start(1);
    await untilAgreed("everybody is in the same era", ({ validators }) =>
      validators.every(({ weight, signer: each }) => each !== newcomer() || weight === 315_789),
    );
    const height = (await finalHeight(cluster.at(0))) + 3n;
    await cluster.until("everybody goes on", async () =>
      (await Promise.all(cluster.nodes.map(finalHeight))).every((final) => final >= height),
    );
    expect(new Set(await Promise.all(cluster.nodes.map((node) => blockHash(node, height)))).size).toBe(1);
  });

  it("lets a validator go that left its seat, and producers lead that the root chain names", async () => {
    cluster.rootChain.setSeats([
      seat(1, 150n, true),
      { ...seat(2, 150n, true), producerKey: producerKey(2) },
      seat(3, 200n, false),
      seat(NEWCOMER, 300n, false),
    ]);
    const gone = signer(0);
    const seen = await untilAgreed("it is out", (now) => !membersOf(now).includes(gone));
    expect(membersOf(seen)).toHaveLength(4);
    const producers = seen.validators.filter(({ producer }) => producer).map((each) => each.signer);
    expect([...producers].sort()).toEqual([signer(1), signer(2)].sort());
    expect(seen.validators.find((each) => each.signer === signer(2))?.producerKey).toBe(producerKey(2));
    const from = eventsOf(cluster.at(3), "blockFinalized").length;
    await cluster.until(
      "an era's blocks are final, also for the one that left",
      async () => (await view(cluster.at(0))).era > seen.era,
    );
    const sealed = eventsOf(cluster.at(3), "blockFinalized")
      .slice(from + ERA)
      .map(({ producer }) => producer);
    // One of the two seals with another key than it signs with.
    for (const producer of sealed) expect([signer(1), producerKey(2)]).toContain(producer);
    await cluster.until("both keys have sealed", () => {
      const since = eventsOf(cluster.at(3), "blockFinalized").slice(from + ERA);
      return [signer(1), producerKey(2)].every((key) => since.some(({ producer }) => producer === key));
    });
    const status = await cluster.at(2).rpc().request("koma_status");
    expect(status).toMatchObject({ sealing: { inOffice: true, key: producerKey(2), held: true } });
  });

  it("has recorded who did what in its eras, the same on every node", async () => {
    const word = async (node: ClusterNode, slot: Hash, at: string) =>
      BigInt(String(await node.rpc().request("eth_getStorageAt", [predeployAddresses.ProducerStats, slot, at])));
    const at = `0x${(await finalHeight(cluster.at(3))).toString(16)}`;
    const signers = cluster.nodes.map((_, index) => parseAddress(signer(index)));
    const totals = async (node: ClusterNode) =>
      Promise.all(signers.map(async (each) => decodeWorkTotals(await word(node, workTotalsSlot(each), at))));
    const recordedUpTo = await word(cluster.at(3), recordedWorkSlot, at);
    expect(recordedUpTo).toBeGreaterThan(0n);
    const seen = await totals(cluster.at(3));
    // An era may be missing, as those around the restarts; no block is counted twice.
    const made = seen.reduce((sum, each) => sum + each.made, 0n);
    expect(made).toBeGreaterThanOrEqual(BigInt(ERA));
    expect(made).toBeLessThanOrEqual(recordedUpTo);
    expect(seen[3]?.came).toBeGreaterThan(0n);
    for (const each of seen) {
      expect(each.made).toBeLessThanOrEqual(each.expected);
      expect(each.came).toBeLessThanOrEqual(each.asked);
    }
    expect(await totals(cluster.at(1))).toEqual(seen);
  });
});
