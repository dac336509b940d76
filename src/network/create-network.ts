import { multiaddr } from "@multiformats/multiaddr";
import type { Clock } from "../clock.ts";
import { BugError, EnvironmentError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Bytes, emptyBytes, type Hash, type Timestamp } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import { Discovery, discoveryTopics } from "./discovery.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EventSource } from "./event-source.ts";
import { applyVerdict, type FaultFilter } from "./fault-filter.ts";
import type { Frame } from "./frame.ts";
import { frameProtocol, maxHelloBytes } from "./hello.ts";
import { type Connection, type Host, startHost } from "./libp2p-host.ts";
import { type NetworkLimitOverrides, resolveLimits } from "./limits.ts";
import type { Network, PeerInfo } from "./network.ts";
import { type PeerId, parsePeerAddress, peerAddress, peerIdOf } from "./peer-id.ts";
import { PeerScores, penaltyPoints } from "./peer-scores.ts";
import { closeConnection, PeerSession, type SessionHost } from "./peer-session.ts";
import { Redialer } from "./redialer.ts";

export interface NetworkConfig {
  /** 32 bytes, secp256k1: the node's identity towards its peers. Not the key it signs units with. */
  readonly privateKey: Bytes;
  /** Where to listen. Default 127.0.0.1 and any free port. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Host peers should dial when it is not the one listened on, for example a container's name. */
  readonly announceHost?: string;
  /** Addresses (`/ip4/…/tcp/…/p2p/…`) of peers to keep connections to. */
  readonly peers?: readonly string[];
  /** Genesis hash. Nodes of another chain cannot connect. */
  readonly networkId: Hash;
  readonly limits?: NetworkLimitOverrides;
  /** Learn of further peers by gossip, and gossip transactions to peers without a direct stream. Default false. */
  readonly discovery?: boolean;
  /** Breaks messages on purpose; devnets only. */
  readonly filter?: FaultFilter;
  readonly logger: Logger;
  readonly clock: Clock;
}

const tickMs = 1_000;

/**
 * A node's place in the network.
 *
 * @throws {UserError} KOMA_E_NETWORK_KEY_INVALID, KOMA_E_PEER_ADDRESS_MALFORMED
 */
export function createNetwork(config: NetworkConfig): Network {
  const { networkId, clock, logger } = config;
  const limits = resolveLimits(config.limits);
  const peerId = peerIdOf(config.privateKey);
  const configured = (config.peers ?? []).map(parsePeerAddress);
  const configuredIds = new Set(configured.map((peer) => peer.peerId));
  const listen = { host: config.listen?.host ?? "127.0.0.1", port: config.listen?.port ?? 0 };
  const maxConnections = 2 * (limits.maxPeers + configured.length) + 8;

  const scores = new PeerScores(limits);
  const events = new EventSource(logger);
  const sessions = new Map<PeerId, PeerSession>();
  let filter = config.filter;
  let hello: Bytes = emptyBytes;
  let host: Host | undefined;
  let redialer: Redialer | undefined;
  let discovery: Discovery | undefined;
  let cancelTick: (() => void) | undefined;
  let addresses: readonly string[] = [];

  const dispatcher = new Dispatcher({
    clock,
    logger,
    maxRequestsInFlight: limits.maxRequestsInFlight,
    filter: () => filter,
  });

  const sessionHost: SessionHost = {
    networkId,
    limits,
    clock,
    logger,
    ownHello: () => hello,
    ready(session) {
      redialer?.connected(session.peer);
      logger.info({ peer: session.peer, address: session.address }, "connected to a peer");
      events.emit("peerConnected", describe(session));
    },
    ended(session, reason) {
      if (sessions.get(session.peer) === session) sessions.delete(session.peer);
      // A peer that had no room for a direct stream, and so never opened its own, may still gossip with us.
      if (discovery === undefined || session.hasIncoming) void session.closeConnections();
      redialer?.disconnected(session.peer);
      logger.info({ peer: session.peer, reason }, "a peer is gone");
      if (session.readyAt !== undefined) events.emit("peerDisconnected", { peer: session.peer, reason });
    },
    penalize,
    notified: (session, channel, payload) => dispatcher.notified(channel, payload, session.peer),
    requested: (session, channel, id, payload) => dispatcher.requested(session, channel, id, payload),
  };

  function penalize(peer: PeerId, points: number, reason: string): void {
    const now = clock.now();
    const banned = scores.penalize(peer, points, now);
    logger.debug({ peer, points, reason, total: Math.round(scores.points(peer, now)) }, "charged a peer");
    if (!banned) return;
    const until = scores.bannedUntil(peer, now) as Timestamp;
    logger.warn({ peer, reason, until }, "banned a peer");
    sessions.get(peer)?.end(`banned: ${reason}`);
    for (const connection of connectionsOf(peer)) void closeConnection(connection);
    events.emit("peerBanned", { peer, until, reason });
  }

  function hasRoomFor(peer: PeerId): boolean {
    return configuredIds.has(peer) || sessions.has(peer) || sessions.size < limits.maxPeers;
  }

  function connectionsOf(peer: PeerId): readonly Connection[] {
    return host?.libp2p.getConnections().filter((connection) => connection.remotePeer.toString() === peer) ?? [];
  }

  function sessionWith(peer: PeerId): PeerSession {
    const known = sessions.get(peer);
    if (known !== undefined) return known;
    const session = new PeerSession(peer, sessionHost);
    sessions.set(peer, session);
    return session;
  }

  async function dial(address: string, signal?: AbortSignal): Promise<void> {
    if (host === undefined) throw new BugError("the network is not started");
    const connection = await host.libp2p.dial(multiaddr(address), signal === undefined ? {} : { signal });
    const peer = connection.remotePeer.toString();
    if (!hasRoomFor(peer)) return;
    await sessionWith(peer).open(connection);
  }

  function acceptStream(stream: Awaited<ReturnType<Connection["newStream"]>>, connection: Connection): void {
    const peer = connection.remotePeer.toString();
    if (!hasRoomFor(peer)) {
      stream.abort(new Error("no room for another peer"));
      return;
    }
    const known = sessions.get(peer);
    if (known?.hasIncoming === true) {
      // The peer lost its side and came back before this node noticed; the newer stream is the living one.
      known.end("it opened a new stream");
      penalize(peer, penaltyPoints.replacedStream, "opened a second stream");
      if (scores.isBanned(peer, clock.now())) return;
    }
    sessionWith(peer).accept(stream, connection);
  }

  function tick(dueAt: Timestamp): void {
    const now = clock.now();
    const next = (now + tickMs) as Timestamp;
    cancelTick = clock.schedule(next, () => tick(next));
    // This process slept (stopped, suspended, or busy): what peers sent meanwhile has not been read yet.
    if (now - dueAt > 2 * tickMs) for (const session of sessions.values()) session.excuse(now - dueAt);
    for (const session of [...sessions.values()]) session.tick(now);
    scores.prune(now);
    const all = host?.libp2p.getConnections() ?? [];
    let idle = 0;
    for (const connection of all) {
      if (sessions.has(connection.remotePeer.toString())) continue;
      if (now - connection.timeline.open < limits.helloTimeoutMs) continue;
      idle += 1;
      // With discovery, some connections without streams are wanted for gossip; the rest only occupy a socket.
      if (discovery === undefined || idle > limits.maxPeers / 2) void closeConnection(connection);
    }
  }

  function write(session: PeerSession, frame: Frame): void {
    const verdict = filter?.("out", session.peer, frame.channel) ?? "pass";
    if (verdict === "pass") session.write(frame);
    else applyVerdict(verdict, clock, () => session.write(frame));
  }

  function checkSize(channel: Channel, payload: Bytes): void {
    const max = limits.channels[channel].maxMessageBytes;
    if (payload.length > max)
      throw new BugError(`${payload.length} bytes are too many for ${channel} (at most ${max})`);
  }

  function describe(session: PeerSession): PeerInfo {
    return {
      id: session.peer,
      address: session.address,
      direction: session.direction,
      configured: configuredIds.has(session.peer),
      connectedAt: session.readyAt ?? session.startedAt,
      latencyMs: session.latencyMs,
      penalty: scores.points(session.peer, clock.now()),
      queuedBytes: session.queuedBytes,
      sentBytes: session.sentBytes,
      receivedBytes: session.receivedBytes,
      hello: session.hello,
    };
  }

  function ownAddresses(): readonly string[] {
    const bound = host?.libp2p.getMultiaddrs().map((address) => address.toString()) ?? [];
    const announced = config.announceHost;
    if (announced === undefined) return bound;
    const ports = bound.map((address) => Number(/\/tcp\/(\d+)/.exec(address)?.[1]));
    return [...new Set(ports)].map((port) => peerAddress(announced, port, peerId));
  }

  async function start(): Promise<void> {
    if (host !== undefined) throw new BugError("the network is started already");
    const topics = discoveryTopics(networkId);
    const maxTransactionBytes = limits.channels.transactions.maxMessageBytes;
    const started = await startHost({
      privateKey: config.privateKey,
      listen,
      limits,
      maxConnections,
      admits: (peer, direction) =>
        !scores.isBanned(peer, clock.now()) && (direction === "out" || discovery !== undefined || hasRoomFor(peer)),
      ...(config.discovery === true
        ? { gossip: { topics: [topics.peers, topics.transactions], maxMessageBytes: maxTransactionBytes } }
        : {}),
    });
    host = started;
    addresses = ownAddresses();
    // Ids are free to make: what libp2p remembers of peers that left would grow with every one that looked in.
    started.libp2p.addEventListener("peer:disconnect", ({ detail: peer }) => {
      started.libp2p.peerStore.delete(peer).catch((error) => {
        logger.debug({ peer: peer.toString(), reason: String(error) }, "could not forget a peer");
      });
    });
    await started.libp2p.handle(frameProtocol(networkId), acceptStream, { maxInboundStreams: 2 });
    redialer = new Redialer({
      peers: configured,
      ownId: peerId,
      minMs: limits.redialMinMs,
      maxMs: limits.redialMaxMs,
      settledMs: limits.settledMs,
      unsettledMaxMs: limits.unsettledRedialMaxMs,
      clock,
      logger,
      isConnected: (peer) => sessions.has(peer),
      dial,
    });
    if (started.gossip !== undefined) {
      discovery = new Discovery({
        gossip: started.gossip,
        networkId,
        ownId: peerId,
        maxTransactionBytes,
        clock,
        logger,
        ownAddresses: () => addresses,
        wantsPeers: () => sessions.size < limits.maxPeers,
        hasSession: (peer) => sessions.has(peer),
        dial,
        transactions: (payload, from) => void dispatcher.notified("transactions", payload, from),
      });
      discovery.start();
    }
    redialer.start();
    tick(clock.now());
    logger.info({ peerId, addresses: addresses.join(" ") }, "listening for peers");
  }

  async function stop(): Promise<void> {
    const stopping = host;
    if (stopping === undefined) return;
    host = undefined;
    cancelTick?.();
    redialer?.stop();
    redialer = undefined;
    discovery?.stop();
    discovery = undefined;
    const ending = [...sessions.values()];
    for (const session of ending) session.end("this node stops");
    await Promise.all(ending.map((session) => session.closeConnections()));
    await stopping.libp2p.stop();
    addresses = [];
  }

  return {
    start,
    stop,
    peerId,
    get addresses() {
      return addresses;
    },
    broadcast(channel, payload, except) {
      checkSize(channel, payload);
      const frame: Frame = { channel, kind: "notify", id: 0, payload };
      for (const session of sessions.values()) if (session.isReady && session.peer !== except) write(session, frame);
      if (channel === "transactions") discovery?.publishTransactions(payload);
    },
    send(peer, channel, payload) {
      checkSize(channel, payload);
      const session = sessions.get(peer);
      if (session !== undefined) write(session, { channel, kind: "notify", id: 0, payload });
    },
    subscribe: (channel, handler) => dispatcher.subscribe(channel, handler),
    async request(peer, channel, payload, signal) {
      checkSize(channel, payload);
      const session = sessions.get(peer);
      if (session === undefined) {
        throw new EnvironmentError("KOMA_E_PEER_UNKNOWN", `Peer ${peer} is not connected.`, { facts: { peer } });
      }
      const { id, answer } = session.requests.open(channel, limits.requestTimeoutMs, signal);
      write(session, { channel, kind: "request", id, payload });
      return answer;
    },
    handle: (channel, handler) => dispatcher.handle(channel, handler),
    peers: () => [...sessions.values()].filter((session) => session.isReady).map(describe),
    setHello(payload) {
      if (payload.length > maxHelloBytes) throw new BugError(`a hello of ${payload.length} bytes is too long`);
      hello = payload;
    },
    penalize,
    disconnect(peer, reason) {
      const session = sessions.get(peer);
      if (session === undefined) return;
      session.end(reason);
      penalize(peer, penaltyPoints.sentAway, reason);
    },
    connect: (address, signal) => dial(parsePeerAddress(address).address, signal),
    setFilter(next) {
      filter = next;
    },
    events: { on: (name, listener) => events.on(name, listener) },
  };
}
