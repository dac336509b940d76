import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeVote } from "../../src/checkpoint/index.ts";
import { encodeMessage } from "../../src/consensus/index.ts";
import type { Channel, Network, NetworkLimitOverrides } from "../../src/network/index.ts";
import {
  type Bytes,
  bytesToHex,
  encodeRlp,
  hexToBytes,
  keccak256,
  keccakHash,
  utf8,
  zeroHash,
} from "../../src/primitives/index.ts";
import type { Checkpoint } from "../../src/rootchain/index.ts";
import {
  alice,
  bob,
  clusterChainId,
  fundedAccount,
  type NodeCluster,
  startCluster,
  transfer,
} from "../support/node-cluster.ts";
import { createStranger } from "../support/stranger.ts";

/** Bytes that follow no format, the same in every run. */
function noise(length: number): Bytes {
  const bytes = new Uint8Array(length);
  let block = keccak256(utf8("noise"));
  for (let at = 0; at < length; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, length - at)), at);
    block = keccak256(block);
  }
  return bytes;
}

describe("a node with a scripted root chain", () => {
  let cluster: NodeCluster;
  const strangers: Network[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 1 });
  });
  afterEach(async () => {
    await Promise.all(strangers.splice(0).map((stranger) => stranger.stop()));
  });
  afterAll(() => cluster.dispose());

  const node = () => cluster.at(0).node();

  /** Somebody with a key of its own who speaks the chain's protocol. */
  async function stranger(name: string, limits: NetworkLimitOverrides = {}): Promise<Network> {
    const created = createStranger(cluster, name, limits);
    strangers.push(created);
    await created.start();
    await cluster.until(`${name} is connected`, () => created.peers().length === 1);
    await cluster.until(`the node knows ${name}`, () => penaltyOf(created) !== undefined);
    return created;
  }

  function penaltyOf({ peerId }: Network): number | undefined {
    return node()
      .network.peers()
      .find(({ id }) => id === peerId)?.penalty;
  }

  async function livesOn(): Promise<void> {
    const height = node().height();
    await cluster.until("the node goes on making blocks", () => node().height() >= height + 2n);
  }

  const vote = (over: Partial<Checkpoint>): Bytes =>
    encodeVote({
      round: 0,
      checkpoint: {
        chainId: clusterChainId,
        epoch: 1n,
        number: 1n,
        proposer: alice.address,
        start: 1n,
        end: 4n,
        rootHash: keccakHash(utf8("root")),
        lastBlockHash: keccakHash(utf8("last")),
        accountHash: zeroHash,
        prevCheckpoint: zeroHash,
        generation: 0n,
        ...over,
      },
      signature: noise(65),
    });
  const foreignChain = { ...transfer(bob, { nonce: 0n, to: alice.address, value: 1n }) };

  it.each<{ what: string; channel: Channel; payload: () => Bytes }>([
    { what: "consensus frames that are noise", channel: "consensus", payload: () => noise(200) },
    { what: "empty consensus frames", channel: "consensus", payload: () => new Uint8Array(0) },
    { what: "frames of transactions that are noise", channel: "transactions", payload: () => noise(500) },
    { what: "transactions that are noise", channel: "transactions", payload: () => encodeRlp([noise(120)]) },
    {
      what: "transactions with a broken signature",
      channel: "transactions",
      payload: () => encodeRlp([foreignChain.raw.map((byte, i) => (i > foreignChain.raw.length - 60 ? 0xff : byte))]),
    },
    { what: "checkpoint votes that are noise", channel: "checkpoint", payload: () => noise(300) },
    { what: "checkpoint votes that nobody signed", channel: "checkpoint", payload: () => vote({}) },
    { what: "checkpoint votes of another chain", channel: "checkpoint", payload: () => vote({ chainId: 1n }) },
  ])("charges a peer for $what, and bans it when it goes on", async ({ what, channel, payload }) => {
    const peer = await stranger(what);
    peer.broadcast(channel, payload());
    await cluster.until("the peer is charged", () => (penaltyOf(peer) ?? 0) > 0);
    const bannedPeers: string[] = [];
    const off = node().network.events.on("peerBanned", ({ peer: id }) => bannedPeers.push(id));
    for (let i = 0; i < 12; i++) peer.broadcast(channel, payload());
    await cluster.until("the peer is banned", () => bannedPeers.includes(peer.peerId));
    off();
  });

  it("drops a peer whose message is larger than its channel allows", async () => {
    const peer = await stranger("somebody with large frames", {
      channels: { checkpoint: { maxMessageBytes: 1 << 20 } },
    });
    peer.broadcast("checkpoint", noise(1 << 19));
    await cluster.until("the peer is gone", () => penaltyOf(peer) === undefined);
  });

  it("answers a malformed request for blocks with a refusal, a well-formed one with what it has", async () => {
    const peer = await stranger("somebody who asks for blocks");
    const to = cluster.at(0).peerId;
    await expect(peer.request(to, "blocks", noise(40))).rejects.toMatchObject({ code: "KOMA_E_REQUEST_MALFORMED" });
    await expect(peer.request(to, "blocks", encodeRlp([noise(7), noise(7)]))).rejects.toThrow();
    await cluster.until("a block is final", async () => {
      const answer = await peer.request(to, "blocks", encodeRlp([Uint8Array.of(1), Uint8Array.of(200, 0)]));
      return answer.length > 400;
    });
    const beyond = await peer.request(to, "blocks", encodeRlp([hexToBytes("0xffffffffff"), Uint8Array.of(1)]));
    expect(bytesToHex(beyond)).toBe("0xc0");
  });

  it("does not charge a peer for messages of an instance that it does not know", async () => {
    const peer = await stranger("somebody from another era");
    const instance = keccakHash(utf8("another era"));
    peer.broadcast("consensus", encodeMessage({ kind: "state", instance, panorama: [], answer: false }));
    peer.broadcast(
      "transactions",
      encodeRlp([transfer(fundedAccount("poor"), { nonce: 0n, to: bob.address, value: 1n }).raw]),
    );
    await livesOn();
    expect(penaltyOf(peer)).toBe(0);
  });

  it("refuses nonsense over JSON-RPC as the client's fault, and lives on", async () => {
    const { url } = node().rpc();
    const post = async (body: string) => {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      return { status: response.status, text: await response.text() };
    };
    for (const body of ["", "{", "[]", "null", "7", '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":1,"method":7}']) {
      const { status, text } = await post(body);
      expect(
        status === 400 || JSON.parse(text).error?.code < 0 || JSON.parse(text)[0]?.error,
        `${body}: ${text}`,
      ).toBeTruthy();
    }
    const methods: readonly [string, unknown[]][] = [
      ["eth_sendRawTransaction", ["0x"]],
      ["eth_sendRawTransaction", ["0xff"]],
      ["eth_sendRawTransaction", [7]],
      ["eth_sendRawTransaction", [`0x${"00".repeat(200_000)}`]],
      ["eth_getBlockByNumber", ["0xfffffffffffffffffffffffffffffffffffff", true, 3]],
      ["eth_getBlockByHash", ["0x12", true]],
      ["eth_getLogs", [{ fromBlock: "0x5", toBlock: "0x1" }]],
      ["eth_getLogs", [{ topics: [["0x"]] }]],
      ["eth_call", [{ to: "nobody" }, "latest"]],
      ["eth_call", [{}, "0x7fffffff"]],
      ["eth_getStorageAt", [bob.address, "0xzz", "latest"]],
      ["eth_getProof", [bob.address, [7], "latest"]],
      ["koma_getConfidence", ["0x1"]],
      ["koma_getConfidence", []],
      ["debug_getRawBlock", [{}]],
      ["debug_getRawHeader", ["0x7fffffff"]],
      ["debug_getRawReceipts", ["latest ish"]],
      ["koma_nothing", []],
    ];
    for (const [method, params] of methods) {
      const { text } = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
      const { error, result } = JSON.parse(text) as { error?: { code: number; message: string }; result?: unknown };
      // -32603 would be the node's fault.
      expect(error?.code, `${method} ${JSON.stringify(params).slice(0, 80)}: ${text.slice(0, 300)}`).not.toBe(-32603);
      if (!error) expect(result, method).toBeNull();
    }
    await livesOn();
    expect(cluster.at(0).log.filter(({ level }) => level === "error")).toEqual([]);
  });
});
