import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createGenesisBlock, signTransaction, type Transaction } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import { createNetwork, type Network, peerAddress } from "../../src/network/index.ts";
import {
  announcementFrames,
  encodeAnswer,
  encodeQuestion,
  readAnswer,
  readFrame,
  readQuestion,
} from "../../src/node/transaction-frames.ts";
import {
  type Bytes,
  bytesToHex,
  encodeRlp,
  type Hash,
  keccak256,
  keccakHash,
  utf8,
} from "../../src/primitives/index.ts";
import {
  alice,
  bob,
  type ClusterNode,
  clusterChainId,
  type NodeCluster,
  startCluster,
  transfer,
} from "../support/node-cluster.ts";

/** Too large to be sent unasked: a creation of a contract whose code is never reached. */
function largeTransaction(nonce: bigint): Transaction {
  const gwei = 10n ** 9n;
  const fees = { maxFeePerGas: 100n * gwei, maxPriorityFeePerGas: gwei };
  const data = new Uint8Array(6_000);
  return signTransaction(
    { type: 2, chainId: clusterChainId, nonce, gasLimit: 200_000n, value: 0n, data, ...fees },
    bob.key,
  );
}

interface Verdict {
  readonly state: string;
  readonly drop?: { readonly rule: string };
}

describe("the pool of a real node", () => {
  let cluster: NodeCluster;
  const strangers: Network[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1 });
  });
  afterEach(async () => {
    await Promise.all(strangers.splice(0).map((stranger) => stranger.stop()));
  });
  afterAll(() => cluster.dispose());

  const submit = (node: ClusterNode, { raw }: Transaction) =>
    node.rpc().request<Hash>("eth_sendRawTransaction", [bytesToHex(raw)]);
  const verdict = (node: ClusterNode, { hash }: Transaction) =>
    node.rpc().request<Verdict>("koma_getPoolVerdict", [hash]);
  const stateOf = async (node: ClusterNode, transaction: Transaction) => (await verdict(node, transaction)).state;

  /** Somebody who is connected to the first node and keeps what that one says about transactions. */
  async function stranger(name: string) {
    const network = createNetwork({
      privateKey: keccak256(utf8(name)),
      networkId: createGenesisBlock(cluster.genesis).hash,
      peers: [peerAddress("127.0.0.1", cluster.at(0).p2pPort, cluster.at(0).peerId)],
      logger: silentLogger,
      clock: systemClock,
    });
    strangers.push(network);
    const heard: Hash[] = [];
    const asked: Hash[] = [];
    let answer = (_hashes: readonly Hash[]): Bytes => encodeAnswer([]);
    network.subscribe("transactions", (payload) => {
      heard.push(...(readFrame(payload)?.announced.map(({ hash }) => hash) ?? []));
    });
    network.handle("transactions", async (payload) => {
      const hashes = readQuestion(payload) ?? [];
      asked.push(...hashes);
      return answer(hashes);
    });
    await network.start();
    const first = cluster.at(0).node().network;
    const connected = () => first.peers().some(({ id }) => id === network.peerId);
    await cluster.until(`${name} is connected`, () => network.peers().length === 1 && connected());
    return {
      network,
      heard,
      asked,
      penalty: () => first.peers().find(({ id }) => id === network.peerId)?.penalty,
      announce(...transactions: { readonly hash: Hash; readonly size: number }[]) {
        for (const frame of announcementFrames(transactions)) network.broadcast("transactions", frame);
      },
      answerWith(give: typeof answer) {
        answer = give;
      },
    };
  }

  it("announces what is large, and gives it to whoever asks", async () => {
    const witness = await stranger("somebody who listens");
    // A gap keeps it out of blocks.
    const large = largeTransaction(7n);
    await submit(cluster.at(0), large);
    await cluster.until("the stranger has heard of it", () => witness.heard.includes(large.hash));
    const question = encodeQuestion([large.hash, keccakHash(utf8("nothing"))]);
    const served = await witness.network.request(cluster.at(0).peerId, "transactions", question);
    expect(readAnswer(served)).toEqual([large.raw]);
  });

  it("takes a transaction from the honest of two announcers, and asks the other one no more", async () => {
    const first = cluster.at(0);
    const liar = await stranger("somebody who lies");
    const honest = await stranger("somebody honest");
    const announced = largeTransaction(8n);
    const size = announced.raw.length;
    liar.announce({ hash: announced.hash, size });
    await cluster.until("the liar is asked", () => liar.asked.includes(announced.hash));
    honest.answerWith((hashes) => encodeAnswer(hashes.includes(announced.hash) ? [announced.raw] : []));
    honest.announce({ hash: announced.hash, size });
    await cluster.until("it came", async () => (await stateOf(first, announced)) === "queued");
    for (let lie = 0; lie < 12; lie++) {
      const made = keccakHash(utf8(`lie ${lie}`));
      const before = liar.asked.length;
      liar.announce({ hash: made, size: 100 });
      // Heard after it on the same channel: once the node answers, it has dealt with the announcement.
      await liar.network.request(first.peerId, "transactions", encodeQuestion([]));
      if (lie > 4) expect(liar.asked.length).toBe(before);
      else await cluster.until("the lie was dealt with", () => liar.asked.includes(made) || lie >= 3);
    }
    expect(liar.asked.length).toBeLessThan(6);
    expect(honest.penalty()).toBe(0);
  });

  it("charges a peer that answers with what nobody asked for", async () => {
    const first = cluster.at(0);
    const peer = await stranger("somebody who answers something else");
    const other = largeTransaction(9n);
    peer.answerWith(() => encodeAnswer([other.raw]));
    peer.announce({ hash: keccakHash(utf8("made up")), size: 100 });
    await cluster.until("it is charged", () => (peer.penalty() ?? 0) > 0);
    expect(await stateOf(first, other)).toBe("unknown");
    const before = peer.penalty() ?? 0;
    peer.network.request(first.peerId, "transactions", encodeRlp([Uint8Array.of(1)])).catch(() => undefined);
    await cluster.until("it is charged again", () => (peer.penalty() ?? 0) > before + 5);
  });

  it("survives the sudden death of the process, and is announced to who comes", async () => {
    const node = cluster.at(0);
    const waiting = transfer(alice, { nonce: 1n, to: bob.address, value: 5n });
    await submit(node, waiting);
    await cluster.crash(0);
    await cluster.start(0);
    expect(await stateOf(node, waiting)).toBe("queued");
    const newcomer = await stranger("somebody who comes later");
    await cluster.until("the newcomer has heard of it", () => newcomer.heard.includes(waiting.hash));
    await submit(node, transfer(alice, { nonce: 0n, to: bob.address, value: 4n }));
    await cluster.until("both are in a block", async () => (await stateOf(node, waiting)) === "included");
    // What its file still holds of them is refused when it is read again.
    await cluster.stop(0);
    await cluster.start(0);
    await cluster.until("it is there again", async () => (await stateOf(node, waiting)) === "included");
    const { pending } = await node.rpc().request<{ pending: string }>("txpool_status");
    expect(Number(pending)).toBe(0);
  });
});
