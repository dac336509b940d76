import { type Channel, type ChannelLimits, channelsByRank, defaultChannelLimits } from "./channel.ts";

/** Everything a peer could otherwise make grow without end, and the times this node waits. */
export interface NetworkLimits {
  /** Peers with a direct stream. Configured peers are let in above this number. */
  readonly maxPeers: number;
  /**
   * Connections one IP address may open per second. Local devnets share one address and must raise it: seven nodes
   * starting at once are refused by libp2p's own default of 5.
   */
  readonly inboundConnectionsPerSecond: number;
  readonly channels: Readonly<Record<Channel, ChannelLimits>>;
  /** Bytes waiting for one peer over all channels; above it the least important messages are dropped. */
  readonly maxQueueBytes: number;
  /** Consensus bytes waiting for one peer; above it the peer is disconnected, because votes are never dropped silently. */
  readonly maxConsensusQueueBytes: number;
  /** Bytes handed to asynchronous handlers and not finished; above it this node stops reading from the peer. */
  readonly maxPendingBytes: number;
  readonly requestTimeoutMs: number;
  /** Requests in flight per peer, each way. */
  readonly maxRequestsInFlight: number;
  /** Longest a message waits for others to share its packet. */
  readonly flushMs: number;
  /** Bytes that make a packet worth sending before {@link flushMs}. */
  readonly flushBytes: number;
  /** A connection must have shown an acceptable hello within this time. */
  readonly helloTimeoutMs: number;
  readonly pingEveryMs: number;
  /** A peer that has sent nothing for this long is disconnected. */
  readonly silenceMs: number;
  /** First and longest wait before dialling a configured peer again. */
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  /**
   * A session that ends sooner did not settle: each further one doubles the wait before the next, up to
   * {@link unsettledRedialMaxMs}. Longer than the usual round, each of which brings a block that may be refused.
   */
  readonly settledMs: number;
  readonly unsettledRedialMaxMs: number;
  /** Penalty points at which a peer is banned; they halve every {@link scoreHalfLifeMs}. */
  readonly banPoints: number;
  readonly banMs: number;
  readonly scoreHalfLifeMs: number;
}

export const defaultNetworkLimits: NetworkLimits = {
  maxPeers: 50,
  inboundConnectionsPerSecond: 5,
  channels: defaultChannelLimits,
  maxQueueBytes: 32 * 1024 * 1024,
  maxConsensusQueueBytes: 16 * 1024 * 1024,
  maxPendingBytes: 4 * 1024 * 1024,
  requestTimeoutMs: 10_000,
  maxRequestsInFlight: 64,
  flushMs: 2,
  flushBytes: 16 * 1024,
  helloTimeoutMs: 15_000,
  pingEveryMs: 10_000,
  silenceMs: 35_000,
  redialMinMs: 200,
  redialMaxMs: 10_000,
  settledMs: 60_000,
  unsettledRedialMaxMs: 30_000,
  banPoints: 100,
  banMs: 300_000,
  scoreHalfLifeMs: 60_000,
};

/** Limits as a caller gives them: what is missing keeps its default. */
export type NetworkLimitOverrides = Partial<Omit<NetworkLimits, "channels">> & {
  readonly channels?: Partial<Record<Channel, Partial<ChannelLimits>>>;
};

export function resolveLimits(overrides: NetworkLimitOverrides = {}): NetworkLimits {
  const channels = { ...defaultNetworkLimits.channels };
  for (const channel of channelsByRank) channels[channel] = { ...channels[channel], ...overrides.channels?.[channel] };
  return { ...defaultNetworkLimits, ...overrides, channels };
}
