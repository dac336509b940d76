import type { Bytes, Timestamp } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import type { FaultFilter } from "./fault-filter.ts";
import type { PeerId } from "./peer-id.ts";

/** One connected peer, as it stands now. */
export interface PeerInfo {
  readonly id: PeerId;
  readonly address: string;
  /** Who dialled. */
  readonly direction: "in" | "out";
  /** True for peers named in the configuration. */
  readonly configured: boolean;
  readonly connectedAt: Timestamp;
  /** Round trip of the last ping through both frame streams; unknown for the first seconds. */
  readonly latencyMs: number | undefined;
  /** Penalty points after decay: 0 without blame, banned at `limits.banPoints`. */
  readonly penalty: number;
  readonly queuedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What the peer's shell said of itself when it connected. */
  readonly hello: Bytes;
}

export interface NetworkEvents {
  /** Both streams stand and the peer is on this chain; comes before the first message from it. */
  readonly peerConnected: PeerInfo;
  readonly peerDisconnected: { readonly peer: PeerId; readonly reason: string };
  readonly peerBanned: { readonly peer: PeerId; readonly until: Timestamp; readonly reason: string };
}

/**
 * Answer of a handler that takes time may be a promise: while many bytes wait in such promises, the peer is held back.
 * It must not wait for a request to the same peer, whose answer would be behind what is held back.
 */
export type MessageHandler = (payload: Bytes, from: PeerId) => void | Promise<void>;

export type RequestHandler = (payload: Bytes, from: PeerId) => Promise<Bytes>;

/**
 * Carries payloads between nodes of one chain. Within a channel, messages to a peer arrive in the order they were sent,
 * or the peer is disconnected; messages on all others but "status" and "consensus" may be lost when a peer does not
 * keep up. Payloads must not be changed after they are given away.
 */
export interface Network {
  /** Listens and begins to dial. @throws {UserError} KOMA_E_PORT_TAKEN @throws {EnvironmentError} KOMA_E_LISTEN_FAILED */
  start(): Promise<void>;
  /** Says goodbye and closes everything, within about a second. The network may be started again. */
  stop(): Promise<void>;
  readonly peerId: PeerId;
  /** Addresses other nodes can dial, with the port that was bound; empty before start. */
  readonly addresses: readonly string[];

  /** Sends to every connected peer but `except`, the one it came from. */
  broadcast(channel: Channel, payload: Bytes, except?: PeerId): void;
  /** Sends to one peer; without effect when it is not connected. */
  send(peer: PeerId, channel: Channel, payload: Bytes): void;
  /** @returns a function that ends the subscription */
  subscribe(channel: Channel, handler: MessageHandler): () => void;

  /**
   * Asks one peer and waits for its answer.
   *
   * Rejects with EnvironmentError KOMA_E_PEER_UNKNOWN, KOMA_E_PEER_BUSY, KOMA_E_PEER_SLOW, KOMA_E_PEER_GONE or
   * KOMA_E_REQUEST_TIMEOUT, with ProtocolError and the code the peer refused with, or with the signal's reason.
   */
  request(peer: PeerId, channel: Channel, payload: Bytes, signal?: AbortSignal): Promise<Bytes>;
  /** Sets the one who answers requests on a channel. An error it throws goes to the peer as code and sentence. */
  handle(channel: Channel, handler: RequestHandler): void;

  peers(): readonly PeerInfo[];
  /** What this node tells new peers of itself: head, version, … At most 4 KiB. */
  setHello(payload: Bytes): void;
  /** Charges a peer for breaking a rule of the modules above; at `limits.banPoints` it is banned for a while. */
  penalize(peer: PeerId, points: number, reason: string): void;
  /** Ends the session with a peer that broke a rule, and charges it a little: one that comes back at once is banned. */
  disconnect(peer: PeerId, reason: string): void;
  /** Connects to a peer at `/ip4/…/tcp/…/p2p/…` once, without keeping the connection up. */
  connect(address: string, signal?: AbortSignal): Promise<void>;
  /** Replaces the fault filter; `undefined` ends all faults. */
  setFilter(filter: FaultFilter | undefined): void;
  readonly events: {
    /** @returns a function that ends the subscription */
    on<Name extends keyof NetworkEvents>(name: Name, listener: (event: NetworkEvents[Name]) => void): () => void;
  };
}
