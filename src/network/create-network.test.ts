import { connect as connectSocket } from "node:net";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { type Bytes, emptyBytes, type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { createNetwork, type NetworkConfig } from "./create-network.ts";
import { encodeFrame } from "./frame.ts";
import { encodeHello, frameProtocol } from "./hello.ts";
import type { Network } from "./network.ts";
import { peerAddress, peerIdOf } from "./peer-id.ts";

const networkId = keccakHash(utf8("a chain"));
const running: { stop(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

function keyOf(name: string): Bytes {
  return utf8(keccakHash(utf8(name))).slice(2, 34);
}

function network(name: string, config: Partial<NetworkConfig> = {}): Network {
  const created = createNetwork({
    privateKey: keyOf(name),
    networkId,
    logger: silentLogger,
    clock: systemClock,
    ...config,
    limits: { inboundConnectionsPerSecond: 100, redialMinMs: 50, redialMaxMs: 400, ...config.limits },
  });
  running.push(created);
  return created;
}

async function started(name: string, config: Partial<NetworkConfig> = {}): Promise<Network> {
  const created = network(name, config);
  await created.start();
  return created;
}

async function connected(...networks: readonly Network[]): Promise<void> {
  await vi.waitFor(
    () => {
      for (const each of networks) expect(each.peers()).toHaveLength(networks.length - 1);
    },
    { timeout: 10_000, interval: 5 },
  );
}

async function pair(configA: Partial<NetworkConfig> = {}, configB: Partial<NetworkConfig> = {}) {
  const a = await started("a", configA);
  const b = await started("b", { peers: a.addresses, ...configB });
  await connected(a, b);
  return { a, b };
}

function received(at: Network, channel: Parameters<Network["subscribe"]>[0]): { payload: Bytes; from: string }[] {
  const messages: { payload: Bytes; from: string }[] = [];
  at.subscribe(channel, (payload, from) => {
    messages.push({ payload, from });
  });
  return messages;
}

async function portOf(at: Network): Promise<number> {
  return Number(/\/tcp\/(\d+)/.exec(at.addresses[0] as string)?.[1]);
}

describe("two networks", () => {
  it("know each other by the names their keys give them", async () => {
    const { a, b } = await pair();
    expect(a.peerId).toBe(peerIdOf(keyOf("a")));
    expect(a.peers().map((peer) => [peer.id, peer.direction])).toEqual([[b.peerId, "in"]]);
    expect(b.peers().map((peer) => [peer.id, peer.direction, peer.configured])).toEqual([[a.peerId, "out", true]]);
    expect(a.addresses).toEqual([peerAddress("127.0.0.1", await portOf(a), a.peerId)]);
  });

  it("deliver messages of a channel in the order they were sent", async () => {
    const { a, b } = await pair();
    const messages = received(b, "consensus");
    for (let i = 0; i < 3_000; i++) a.broadcast("consensus", utf8(String(i)));
    await vi.waitFor(() => expect(messages).toHaveLength(3_000));
    expect(messages.map(({ payload }) => Number(new TextDecoder().decode(payload)))).toEqual(
      Array.from({ length: 3_000 }, (_, i) => i),
    );
    expect(messages[0]?.from).toBe(a.peerId);
  });

  it("carry messages of eight megabytes, and votes do not wait behind them", async () => {
    const { a, b } = await pair();
    const order: string[] = [];
    const big = new Uint8Array(8 * 1024 * 1024).map((_, i) => i % 251);
    let arrived: Bytes = emptyBytes;
    b.subscribe("blocks", (payload) => {
      order.push("block");
      arrived = payload;
    });
    b.subscribe("consensus", () => {
      order.push("vote");
    });
    a.send(b.peerId, "blocks", big);
    a.send(b.peerId, "consensus", utf8("vote"));
    await vi.waitFor(() => expect(order).toHaveLength(2), { timeout: 10_000 });
    expect(order).toEqual(["vote", "block"]);
    expect(Buffer.compare(arrived, big)).toBe(0);
  });

  it("answer requests, with errors as well", async () => {
    const { a, b } = await pair();
    b.handle("blocks", async (payload, from) => {
      if (payload.length === 0) throw new ProtocolError("KOMA_E_BLOCK_UNKNOWN", "no such block");
      return utf8(`${from} asked for ${payload.length} bytes`);
    });
    b.handle("status", async () => {
      throw new Error("/secret/path is missing");
    });
    const answer = await a.request(b.peerId, "blocks", new Uint8Array(3));
    expect(new TextDecoder().decode(answer)).toBe(`${a.peerId} asked for 3 bytes`);
    await expect(a.request(b.peerId, "blocks", emptyBytes)).rejects.toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
    const hidden = await a.request(b.peerId, "status", emptyBytes).catch((error: Error) => error);
    expect(hidden).toMatchObject({ code: "KOMA_E_BUG" });
    expect(String(hidden)).not.toContain("secret");
    await expect(a.request(b.peerId, "checkpoint", emptyBytes)).rejects.toMatchObject({
      code: "KOMA_E_REQUEST_UNSUPPORTED",
    });
    await expect(a.request("nobody", "blocks", emptyBytes)).rejects.toMatchObject({ code: "KOMA_E_PEER_UNKNOWN" });
  });

  it("give up on requests after the timeout, the signal, or the peer's end", async () => {
    const { a, b } = await pair({ limits: { requestTimeoutMs: 100, maxRequestsInFlight: 2 } });
    b.handle("blocks", () => new Promise(() => {}));
    await expect(a.request(b.peerId, "blocks", emptyBytes)).rejects.toMatchObject({ code: "KOMA_E_REQUEST_TIMEOUT" });
    const reason = new Error("not needed any more");
    await expect(a.request(b.peerId, "blocks", emptyBytes, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const aborted = a.request(b.peerId, "blocks", emptyBytes, abort.signal);
    const first = a.request(b.peerId, "blocks", emptyBytes);
    await expect(a.request(b.peerId, "blocks", emptyBytes)).rejects.toMatchObject({ code: "KOMA_E_PEER_BUSY" });
    abort.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    b.disconnect(a.peerId, "enough");
    await expect(first).rejects.toMatchObject({ code: "KOMA_E_PEER_GONE" });
  });

  it("remember a peer that was sent away when it is back", async () => {
    const { a, b } = await pair();
    b.disconnect(a.peerId, "InvalidCitation");
    await vi.waitFor(() => expect(b.peers()).toHaveLength(0));
    await connected(a, b);
    expect(b.peers()[0]?.penalty).toBeGreaterThan(3);
    expect(a.peers()[0]?.penalty).toBe(0);
  });

  it("tell each other what their shells say of them", async () => {
    const a = network("a");
    a.setHello(utf8("height 7"));
    await a.start();
    const b = await started("b", { peers: a.addresses });
    await connected(a, b);
    expect(new TextDecoder().decode(b.peers()[0]?.hello)).toBe("height 7");
  });

  it("find each other again after one of them was restarted", async () => {
    const a = await started("a");
    const port = await portOf(a);
    const b = await started("b", { peers: a.addresses });
    await connected(a, b);
    const lost: string[] = [];
    b.events.on("peerDisconnected", ({ reason }) => lost.push(reason));
    await a.stop();
    await vi.waitFor(() => expect(b.peers()).toHaveLength(0));
    expect(lost).toEqual(["it said goodbye: this node stops"]);

    const again = await started("a", { listen: { port } });
    await connected(again, b);
    const messages = received(again, "consensus");
    b.broadcast("consensus", utf8("still here"));
    await vi.waitFor(() => expect(messages).toHaveLength(1));
    // The same object can be started again as well.
    await b.stop();
    await b.start();
    await connected(again, b);
  });

  it("do not connect when their chains differ", async () => {
    const a = await started("a");
    const other = keccakHash(utf8("another chain"));
    const b = await started("b", { networkId: other });
    await b.connect(a.addresses[0] as string);
    expect(a.peers()).toEqual([]);
    expect(b.peers()).toEqual([]);
  });

  it("say which port is taken", async () => {
    const a = await started("a");
    const port = await portOf(a);
    await expect(network("b", { listen: { port } }).start()).rejects.toMatchObject({
      code: "KOMA_E_PORT_TAKEN",
      detail: { facts: { port } },
    });
  });
});

describe("four networks that all dial each other", () => {
  it("end with one session per pair and reach everyone by broadcast", async () => {
    const names = ["a", "b", "c", "d"];
    const first = await Promise.all(names.map((name) => started(name)));
    const ports = await Promise.all(first.map(portOf));
    await Promise.all(first.map((each) => each.stop()));
    const all = names.map((name, i) => {
      const peers = names.flatMap((other, j) =>
        i === j ? [] : [peerAddress("127.0.0.1", ports[j] as number, peerIdOf(keyOf(other)))],
      );
      return network(name, { listen: { port: ports[i] as number }, peers });
    });
    const inboxes = all.map((each) => received(each, "checkpoint"));
    await Promise.all(all.map((each) => each.start()));
    await connected(...all);
    for (const each of all) each.broadcast("checkpoint", utf8(each.peerId));
    await vi.waitFor(() => {
      for (const inbox of inboxes) expect(inbox).toHaveLength(3);
    });
    for (const inbox of inboxes) {
      for (const { payload, from } of inbox) expect(new TextDecoder().decode(payload)).toBe(from);
    }
    const [a, b] = all as [Network, Network];
    a.broadcast("checkpoint", utf8("not for b"), b.peerId);
    await vi.waitFor(() => expect(inboxes.map((inbox) => inbox.length)).toEqual([3, 3, 4, 4]));
  });
});

describe("a fault filter", () => {
  it("drops and delays messages in both directions without losing the peer", async () => {
    const { a, b } = await pair();
    const messages = received(b, "consensus");
    a.setFilter((direction) => (direction === "out" ? "drop" : "pass"));
    a.broadcast("consensus", utf8("lost"));
    a.setFilter(undefined);
    b.setFilter((direction, _, channel) => (direction === "in" && channel === "consensus" ? { delayMs: 60 } : "pass"));
    const sentAt = Date.now();
    a.broadcast("consensus", utf8("late"));
    a.broadcast("consensus", utf8("later"));
    await vi.waitFor(() => expect(messages).toHaveLength(2));
    expect(Date.now() - sentAt).toBeGreaterThanOrEqual(55);
    expect(messages.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(["late", "later"]);
    expect(a.peers()).toHaveLength(1);
  });
});

/** A peer that speaks libp2p properly and the protocol above it as it likes. */
async function rawPeer(target: Network, hello: Bytes = encodeHello(networkId, emptyBytes)) {
  const libp2p: Libp2p = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });
  running.push(libp2p);
  const got: Bytes[] = [];
  await libp2p.handle(frameProtocol(networkId), (stream) => {
    stream.addEventListener("message", ({ data }) => got.push(data.subarray()));
  });
  const connection = await libp2p.dial(multiaddr(target.addresses[0] as string));
  const stream = await connection.newStream(frameProtocol(networkId));
  stream.send(encodeFrame({ channel: "status", kind: "hello", id: 1, payload: hello }));
  return { peerId: libp2p.peerId.toString(), libp2p, connection, stream, got };
}

describe("a hostile peer", () => {
  it("is charged and disconnected for garbage on its stream", async () => {
    const a = await started("a");
    const lost: { peer: string; reason: string }[] = [];
    a.events.on("peerDisconnected", (event) => lost.push(event));
    const raw = await rawPeer(a);
    await vi.waitFor(() => expect(a.peers()).toHaveLength(1));
    raw.stream.send(utf8("GET / HTTP/1.1\r\n\r\n"));
    await vi.waitFor(() => expect(lost).toHaveLength(1));
    expect(lost[0]).toMatchObject({ peer: raw.peerId, reason: expect.stringContaining("a frame says it is") });
    await vi.waitFor(() => expect(raw.connection.status).not.toBe("open"));
  });

  it("is charged and disconnected for a message above its channel's limit, and banned when it repeats that", async () => {
    const a = await started("a", { limits: { channels: { checkpoint: { maxMessageBytes: 100_000 } } } });
    const bans: string[] = [];
    a.events.on("peerBanned", ({ peer }) => bans.push(peer));
    const raw = await rawPeer(a);
    await vi.waitFor(() => expect(a.peers()).toHaveLength(1));
    const large = encodeFrame({ channel: "checkpoint", kind: "notify", id: 0, payload: new Uint8Array(100_001) });
    raw.stream.send(large);
    await vi.waitFor(() => expect(a.peers()).toHaveLength(0));
    expect(bans).toEqual([]);

    const connection = await raw.libp2p.dial(multiaddr(a.addresses[0] as string));
    const stream = await connection.newStream(frameProtocol(networkId));
    stream.send(encodeFrame({ channel: "status", kind: "hello", id: 1, payload: encodeHello(networkId, emptyBytes) }));
    stream.send(large);
    await vi.waitFor(() => expect(bans).toEqual([raw.peerId]));
    await vi.waitFor(async () => {
      const refused = await raw.libp2p
        .dial(multiaddr(a.addresses[0] as string))
        .then((each) => each.newStream(frameProtocol(networkId)))
        .then(() => "let in")
        .catch(() => "refused");
      expect(refused).toBe("refused");
    });
  });

  it("is sent away when its hello names another genesis", async () => {
    const a = await started("a");
    const wrong = `${networkId.slice(0, -2)}00` as Hash; // same first bytes, hence the same protocol name
    const raw = await rawPeer(a, encodeHello(wrong, emptyBytes));
    await vi.waitFor(() => expect(raw.connection.status).not.toBe("open"));
    expect(a.peers()).toEqual([]);
    const said = raw.got.map((bytes) => new TextDecoder().decode(bytes)).join("");
    expect(said).toContain("another chain");
  });

  it("is sent away when it speaks before its hello, or says nothing", async () => {
    const a = await started("a", { limits: { helloTimeoutMs: 300 } });
    const raw = await rawPeer(a, utf8("short"));
    await vi.waitFor(() => expect(raw.connection.status).not.toBe("open"));
    const silent = connectSocket(await portOf(a), "127.0.0.1");
    silent.on("error", () => {});
    const closed = new Promise((resolve) => silent.on("close", resolve));
    await a.stop();
    await closed;
  });

  it("is let go when it falls silent, and when it connects without opening a stream", async () => {
    const a = await started("a", { limits: { pingEveryMs: 500, silenceMs: 1_500, helloTimeoutMs: 500 } });
    const lost: string[] = [];
    a.events.on("peerDisconnected", ({ reason }) => lost.push(reason));
    const raw = await rawPeer(a);
    const idle = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
    });
    running.push(idle);
    const connection = await idle.dial(multiaddr(a.addresses[0] as string));
    await vi.waitFor(() => expect(connection.status).not.toBe("open"), { timeout: 5_000 });
    await vi.waitFor(() => expect(lost).toEqual(["it fell silent"]), { timeout: 8_000 });
    expect(raw.got.length).toBeGreaterThan(1); // it was asked
  });

  it("does not make answers count that nobody asked for", async () => {
    const a = await started("a");
    const raw = await rawPeer(a);
    await vi.waitFor(() => expect(a.peers()).toHaveLength(1));
    raw.stream.send(encodeFrame({ channel: "blocks", kind: "response", id: 9, payload: emptyBytes }));
    await vi.waitFor(() => expect(a.peers()[0]?.penalty).toBeGreaterThan(4));
  });
});

describe("a peer that does not keep up", () => {
  it("loses transactions before anything else, and the sender's queue stays bounded", async () => {
    const maxQueueBytes = 1024 * 1024;
    const { a, b } = await pair({ limits: { maxQueueBytes } }, { limits: { maxPendingBytes: 64 * 1024 } });
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen = { transactions: 0, consensus: 0 };
    b.subscribe("transactions", () => {
      seen.transactions += 1;
      return gate;
    });
    b.subscribe("consensus", () => {
      seen.consensus += 1;
    });
    const batch = new Uint8Array(50_000);
    for (let i = 0; i < 400; i++) {
      a.broadcast("transactions", batch);
      if (i % 40 === 0) a.broadcast("consensus", utf8(`vote ${i}`));
      await new Promise((resolve) => setImmediate(resolve));
      expect(a.peers()[0]?.queuedBytes).toBeLessThanOrEqual(maxQueueBytes);
    }
    expect(seen.transactions).toBeLessThan(100); // the handler holds b back
    release();
    await vi.waitFor(() => expect(a.peers()[0]?.queuedBytes).toBe(0));
    await vi.waitFor(() => expect(seen.consensus).toBe(10));
    expect(seen.transactions).toBeGreaterThan(10);
    expect(seen.transactions).toBeLessThan(400); // some were dropped
  });

  it("is disconnected rather than spared a vote", async () => {
    const { a, b } = await pair(
      { limits: { maxConsensusQueueBytes: 512 * 1024 } },
      { limits: { maxPendingBytes: 64 * 1024 } },
    );
    const lost: string[] = [];
    a.events.on("peerDisconnected", ({ reason }) => lost.push(reason));
    b.subscribe("consensus", () => new Promise(() => {}));
    await vi.waitFor(() => {
      for (let i = 0; i < 20; i++) a.broadcast("consensus", new Uint8Array(50_000));
      expect(lost).toEqual(["it does not read fast enough"]);
    });
  });

  it("is slowed down, not cut off, when it sends faster than the rate limit", async () => {
    const limits = { channels: { transactions: { messagesPerSecond: 100 } } };
    const { a, b } = await pair({}, { limits });
    const messages = received(b, "transactions");
    const startedAt = Date.now();
    for (let i = 0; i < 260; i++) a.broadcast("transactions", utf8(String(i)));
    await vi.waitFor(() => expect(messages).toHaveLength(260), { timeout: 10_000 });
    expect(Date.now() - startedAt).toBeGreaterThan(500); // 200 at once, 60 more at 100 per second
    expect(b.peers()[0]?.penalty).toBeGreaterThan(0);
  });
});

describe("discovery", () => {
  it("connects nodes that only know a third one", async () => {
    const hub = await started("hub", { discovery: true });
    const a = await started("a", { discovery: true, peers: hub.addresses });
    const b = await started("b", { discovery: true, peers: hub.addresses });
    await connected(hub, a, b);
    expect(a.peers().map((peer) => peer.id)).toContain(b.peerId);
  }, 30_000);

  it("brings transactions to a peer that found no room for a direct stream", async () => {
    const hub = await started("hub", { discovery: true, limits: { maxPeers: 1 } });
    const a = await started("a", { discovery: true, peers: hub.addresses });
    await connected(hub, a);
    const b = await started("b", { discovery: true });
    const messages = received(b, "transactions");
    await b.connect(hub.addresses[0] as string);
    await vi.waitFor(
      () => {
        hub.broadcast("transactions", utf8(`frame ${Date.now()}`));
        expect(messages.length).toBeGreaterThan(0);
      },
      { timeout: 15_000, interval: 100 },
    );
    expect(hub.peers().map((peer) => peer.id)).toEqual([a.peerId]);
    expect(messages[0]?.from).toBe(hub.peerId);
  }, 30_000);
});

it("refuses to send what is larger than its channel allows", async () => {
  const a = network("a");
  expect(() => a.broadcast("checkpoint", new Uint8Array(64 * 1024 + 1))).toThrow("too many");
  await expect(a.request("x", "checkpoint", new Uint8Array(64 * 1024 + 1))).rejects.toThrow("too many");
});
