import type { Clock } from "../clock.ts";
import type { Timestamp } from "../primitives/index.ts";
import { type Channel, channelsByRank } from "./channel.ts";
import { type Frame, FrameReader, type FrameRejection, frameHeaderBytes } from "./frame.ts";
import type { Stream } from "./libp2p-host.ts";
import type { NetworkLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface FrameFlowEvents {
  /** A promise in the answer holds the sender back until it settles, once enough bytes wait like this. It never rejects. */
  frame(frame: Frame): void | Promise<void>;
  malformed(rejection: FrameRejection): void;
  /** The peer sends faster than allowed; reading stops for a moment. At most once per second. */
  overRate(channel: Channel): void;
}

interface ChannelRate {
  readonly bytes: TokenBucket;
  readonly messages: TokenBucket;
}

/**
 * Reads frames from one stream at the pace this node allows: when a rate limit is passed or handlers fall behind, it
 * stops reading, the stream's window closes, and the peer waits. Nothing is lost, and only the peer concerned feels it.
 */
export class FrameFlow {
  readonly #reader: FrameReader;
  readonly #rates: Readonly<Record<Channel, ChannelRate>>;
  readonly #limits: NetworkLimits;
  readonly #clock: Clock;
  readonly #events: FrameFlowEvents;
  readonly #onMessage = (event: { readonly data: Uint8Array | { subarray(): Uint8Array } }) => {
    const data = event.data instanceof Uint8Array ? event.data : event.data.subarray();
    this.#receivedBytes += data.length;
    this.#reader.push(data);
    this.#read();
  };
  #stream: Stream | undefined;
  #cancelResume: (() => void) | undefined;
  #pendingBytes = 0;
  #waitingForHandlers = false;
  #reportedAt = 0 as Timestamp;
  #receivedBytes = 0;

  constructor(limits: NetworkLimits, clock: Clock, events: FrameFlowEvents) {
    const sizes = {} as Record<Channel, number>;
    const rates = {} as Record<Channel, ChannelRate>;
    const now = clock.now();
    for (const channel of channelsByRank) {
      const { maxMessageBytes, bytesPerSecond, messagesPerSecond } = limits.channels[channel];
      sizes[channel] = maxMessageBytes;
      rates[channel] = {
        bytes: new TokenBucket(bytesPerSecond, now),
        messages: new TokenBucket(messagesPerSecond, now),
      };
    }
    this.#reader = new FrameReader(sizes);
    this.#rates = rates;
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  attach(stream: Stream): void {
    this.#stream = stream;
    stream.addEventListener("message", this.#onMessage);
  }

  detach(): void {
    this.#stream?.removeEventListener("message", this.#onMessage);
    this.#stream = undefined;
    this.#cancelResume?.();
    this.#cancelResume = undefined;
  }

  get #held(): boolean {
    return this.#cancelResume !== undefined || this.#waitingForHandlers;
  }

  #read(): void {
    while (this.#stream !== undefined && !this.#held) {
      const next = this.#reader.next();
      if (!next.ok) {
        this.#events.malformed(next.rejection);
        return;
      }
      if (next.value === undefined) return;
      this.#charge(next.value);
      this.#deliver(next.value);
    }
  }

  #charge(frame: Frame): void {
    const now = this.#clock.now();
    const rate = this.#rates[frame.channel];
    const waitMs = Math.max(rate.bytes.take(frame.payload.length + frameHeaderBytes, now), rate.messages.take(1, now));
    if (waitMs === 0) return;
    this.#pause();
    this.#cancelResume = this.#clock.schedule((now + waitMs) as Timestamp, () => {
      this.#cancelResume = undefined;
      this.#resume();
    });
    if (now - this.#reportedAt < 1000) return;
    this.#reportedAt = now;
    this.#events.overRate(frame.channel);
  }

  #deliver(frame: Frame): void {
    const work = this.#events.frame(frame);
    if (work === undefined) return;
    const size = frame.payload.length;
    this.#pendingBytes += size;
    if (this.#pendingBytes > this.#limits.maxPendingBytes) {
      this.#waitingForHandlers = true;
      this.#pause();
    }
    void work.then(() => {
      this.#pendingBytes -= size;
      if (!this.#waitingForHandlers || this.#pendingBytes > this.#limits.maxPendingBytes / 2) return;
      this.#waitingForHandlers = false;
      this.#resume();
    });
  }

  #pause(): void {
    if (this.#stream?.readStatus === "readable") this.#stream.pause();
  }

  #resume(): void {
    if (this.#held) return;
    // What had arrived before the pause comes first; it may fill the bucket again.
    this.#read();
    if (!this.#held && this.#stream?.readStatus === "paused") this.#stream.resume();
  }
}
