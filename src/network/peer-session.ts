import type { Clock } from "../clock.ts";
import { EnvironmentError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Bytes, emptyBytes, type Hash, type Timestamp, utf8 } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import { describeFrameRejection, type Frame, type FrameRejection } from "./frame.ts";
import { FrameFlow } from "./frame-flow.ts";
import { FrameWriter } from "./frame-writer.ts";
import { decodeHello, encodeHello, frameProtocol, frameVersion, type HelloRejection } from "./hello.ts";
import type { Connection, Stream } from "./libp2p-host.ts";
import type { NetworkLimits } from "./limits.ts";
import type { PeerId } from "./peer-id.ts";
import { penaltyPoints } from "./peer-scores.ts";
import { RequestTable } from "./request-table.ts";

/** What a session asks of the network around it. */
export interface SessionHost {
  readonly networkId: Hash;
  readonly limits: NetworkLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What this node says of itself now. */
  ownHello(): Bytes;
  ready(session: PeerSession): void;
  ended(session: PeerSession, reason: string): void;
  penalize(peer: PeerId, points: number, reason: string): void;
  notified(session: PeerSession, channel: Channel, payload: Bytes): void | Promise<void>;
  requested(session: PeerSession, channel: Channel, id: number, payload: Bytes): void | Promise<void>;
}

const maxReasonBytes = 200;

/** How long a session may take to say goodbye before its connection is cut. */
const goodbyeMs = 500;

/**
 * Everything between this node and one peer: a stream each way, because then either side opens its own and no rule is
 * needed for two nodes that dial each other at once. The first frame of a stream is a hello. The session is ready when
 * both streams stand and the peer's hello names this chain; it ends as a whole when either stream does.
 */
export class PeerSession {
  readonly peer: PeerId;
  readonly startedAt: Timestamp;
  readonly requests: RequestTable;
  readonly #host: SessionHost;
  readonly #writer: FrameWriter;
  readonly #flow: FrameFlow;
  readonly #connections = new Set<Connection>();
  #outgoing: Stream | undefined;
  #opening = false;
  #incoming: Stream | undefined;
  #hello: Bytes | undefined;
  #readyAt: Timestamp | undefined;
  #endReason: string | undefined;
  #verdict: { readonly reason: string; readonly points: number } | undefined;
  #heardAt: Timestamp;
  #pingedAt: Timestamp;
  #pingId = 0;
  #latencyMs: number | undefined;

  constructor(peer: PeerId, host: SessionHost) {
    this.peer = peer;
    this.#host = host;
    this.startedAt = host.clock.now();
    this.#heardAt = this.startedAt;
    this.#pingedAt = this.startedAt;
    this.requests = new RequestTable(peer, host.clock, host.limits.maxRequestsInFlight);
    this.#writer = new FrameWriter(host.limits, host.clock, {
      dropped: (frames) => this.#onDropped(frames),
      overflow: () => this.end("it does not read fast enough"),
      failed: (error) => this.end(`sending failed: ${error.message}`),
    });
    this.#flow = new FrameFlow(host.limits, host.clock, {
      frame: (frame) => this.#onFrame(frame),
      malformed: (rejection) => this.#onMalformed(rejection),
      overRate: (channel) => host.penalize(peer, penaltyPoints.overRate, `sends too fast on ${channel}`),
    });
  }

  get isReady(): boolean {
    return this.#readyAt !== undefined && this.#endReason === undefined;
  }

  get hasIncoming(): boolean {
    return this.#incoming !== undefined;
  }

  get readyAt(): Timestamp | undefined {
    return this.#readyAt;
  }

  /** The peer's last hello, as its shell wrote it. */
  get hello(): Bytes {
    return this.#hello ?? emptyBytes;
  }

  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  get direction(): "in" | "out" {
    for (const connection of this.#connections) if (connection.direction === "outbound") return "out";
    return "in";
  }

  get address(): string {
    for (const connection of this.#connections) return connection.remoteAddr.toString();
    return "";
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  get sentBytes(): number {
    return this.#writer.sentBytes;
  }

  get receivedBytes(): number {
    return this.#flow.receivedBytes;
  }

  /** Opens this node's own stream, once. */
  async open(connection: Connection): Promise<void> {
    if (this.#opening || this.#outgoing !== undefined || this.#endReason !== undefined) return;
    this.#opening = true;
    this.#connections.add(connection);
    try {
      const signal = AbortSignal.timeout(this.#host.limits.helloTimeoutMs);
      const stream = await connection.newStream(frameProtocol(this.#host.networkId), { signal });
      if (this.#endReason !== undefined) {
        stream.abort(new Error(this.#endReason));
        return;
      }
      this.#outgoing = stream;
      stream.addEventListener("close", () => this.end("it closed the connection"));
      const hello = encodeHello(this.#host.networkId, this.#host.ownHello());
      this.#writer.attach(stream, { channel: "status", kind: "hello", id: frameVersion, payload: hello });
      if (this.#verdict !== undefined) this.#sendAway(this.#verdict.reason, this.#verdict.points);
      else this.#becomeReady();
    } catch (error) {
      this.end(`no stream could be opened: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#opening = false;
    }
  }

  /** Reads the peer's stream. */
  accept(stream: Stream, connection: Connection): void {
    this.#connections.add(connection);
    this.#incoming = stream;
    stream.addEventListener("close", () => this.end("it closed the connection"));
    this.#flow.attach(stream);
    void this.open(connection);
  }

  write(frame: Frame): void {
    if (this.#endReason === undefined) this.#writer.write(frame);
  }

  /** Does not count this time as silence of the peer: it was this node that did not listen. */
  excuse(ms: number): void {
    this.#heardAt = (this.#heardAt + ms) as Timestamp;
  }

  /** Called about once per second: pings, and ends a session that is not becoming ready or has fallen silent. */
  tick(now: Timestamp): void {
    const { limits } = this.#host;
    if (this.#readyAt === undefined) {
      if (now - this.startedAt > limits.helloTimeoutMs) this.end("it did not say hello");
      return;
    }
    if (now - this.#heardAt > limits.silenceMs) {
      this.end("it fell silent");
      return;
    }
    if (now - this.#pingedAt < limits.pingEveryMs) return;
    this.#pingedAt = now;
    this.#pingId = (this.#pingId + 1) >>> 0;
    this.write({ channel: "status", kind: "ping", id: this.#pingId, payload: emptyBytes });
  }

  /** Says goodbye and closes every connection of this session; requests that wait for the peer fail. */
  end(reason: string): void {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    const payload = utf8(reason).subarray(0, maxReasonBytes);
    if (this.#outgoing !== undefined) this.#writer.finish({ channel: "status", kind: "goodbye", id: 0, payload });
    this.#writer.detach();
    this.#flow.detach();
    this.requests.failAll(
      new EnvironmentError("KOMA_E_PEER_GONE", `Peer ${this.peer} is gone: ${reason}.`, { facts: { peer: this.peer } }),
    );
    this.#host.ended(this, reason);
  }

  /** Closes what {@link end} left open. Separate, because a session may end while its peer remains useful for gossip. */
  async closeConnections(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => closeConnection(connection)));
  }

  #becomeReady(): void {
    if (this.#readyAt !== undefined || this.#outgoing === undefined || this.#hello === undefined) return;
    this.#readyAt = this.#host.clock.now();
    this.#host.ready(this);
  }

  #onDropped(frames: readonly Frame[]): void {
    this.#host.logger.warn(
      { peer: this.peer, messages: frames.length, channel: frames[0]?.channel ?? "" },
      "dropped messages for a peer that reads too slowly",
    );
    for (const frame of frames) {
      if (frame.kind !== "request") continue;
      const facts = { peer: this.peer, channel: frame.channel };
      const error = new EnvironmentError("KOMA_E_PEER_SLOW", `Peer ${this.peer} reads too slowly.`, { facts });
      this.requests.fail(frame.id, error);
    }
  }

  #onMalformed(rejection: FrameRejection): void {
    this.#sendAway(describeFrameRejection(rejection), penaltyPoints.malformedFrame);
  }

  /** Ends the session for a broken rule. The peer is told which, so its operator need not guess. */
  #sendAway(reason: string, points: number): void {
    if (this.#opening && this.#outgoing === undefined) {
      // The reason can only be said on our own stream, which is about to open.
      this.#verdict = { reason, points };
      this.#flow.detach();
      return;
    }
    this.end(reason);
    if (points > 0) this.#host.penalize(this.peer, points, reason);
  }

  #onFrame(frame: Frame): void | Promise<void> {
    this.#heardAt = this.#host.clock.now();
    if (frame.kind === "hello" || this.#hello === undefined) return this.#onHello(frame);
    const { channel, kind, id, payload } = frame;
    switch (kind) {
      case "notify":
        return this.#host.notified(this, channel, payload);
      case "request":
        return this.#host.requested(this, channel, id, payload);
      case "response":
      case "error":
        if (this.requests.settle(kind, channel, id, payload)) return;
        this.#host.penalize(this.peer, penaltyPoints.strayResponse, "answered what was not asked");
        return;
      case "goodbye":
        this.end(`it said goodbye: ${printable(payload)}`);
        return;
      case "ping":
        this.write({ channel: "status", kind: "pong", id, payload: emptyBytes });
        return;
      case "pong":
        if (id === this.#pingId) this.#latencyMs = this.#host.clock.now() - this.#pingedAt;
    }
  }

  #onHello(frame: Frame): void {
    if (frame.kind === "goodbye") {
      this.end(`it said goodbye: ${printable(frame.payload)}`);
      return;
    }
    if (frame.kind !== "hello" || this.#hello !== undefined) {
      this.#sendAway("it broke the order of hello and messages", penaltyPoints.malformedFrame);
      return;
    }
    const hello = decodeHello(frame.payload, this.#host.networkId);
    if (!hello.ok) {
      const points = hello.rejection.code === "Version" ? 0 : penaltyPoints.wrongNetwork;
      this.#sendAway(describeHelloRejection(hello.rejection), points);
      return;
    }
    this.#hello = hello.value;
    this.#becomeReady();
  }
}

function describeHelloRejection(rejection: HelloRejection): string {
  switch (rejection.code) {
    case "Malformed":
      return "its hello is malformed";
    case "Version":
      return `it speaks frame version ${rejection.found}, this node ${frameVersion}`;
    case "Network":
      return "it belongs to another chain (its genesis differs)";
  }
}

function printable(bytes: Bytes): string {
  return new TextDecoder().decode(bytes.subarray(0, maxReasonBytes)).replace(/[^\x20-\x7e]/g, "?");
}

/** Closes a connection in order, and by force when the peer does not take part. */
export async function closeConnection(connection: Connection): Promise<void> {
  try {
    await connection.close({ signal: AbortSignal.timeout(goodbyeMs) });
  } catch (error) {
    connection.abort(error instanceof Error ? error : new Error(String(error)));
  }
}
