import type { Clock } from "../clock.ts";
import { concatBytes, type Timestamp } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import { encodeFrame, type Frame } from "./frame.ts";
import type { Stream } from "./libp2p-host.ts";
import type { NetworkLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";

/** Bytes given to the stream at once; the stream cuts them into encrypted packets of 64 KiB itself. */
const packetBytes = 64 * 1024;

/** Bytes after which a large backlog lets other work run, so that one slow block answer does not stall the node. */
const sliceBytes = 1024 * 1024;

export interface FrameWriterEvents {
  dropped(frames: readonly Frame[]): void;
  /** The peer does not read fast enough for what must not be dropped. */
  overflow(): void;
  failed(error: Error): void;
}

/**
 * Sends frames over one stream: gathers them into packets, keeps the stream's back-pressure, and holds what does not fit
 * in a bounded {@link Outbox}. The first frame after a quiet moment leaves in the same turn of the event loop; those that
 * follow within `flushMs` share a packet.
 */
export class FrameWriter {
  readonly #outbox: Outbox;
  readonly #limits: NetworkLimits;
  readonly #clock: Clock;
  readonly #events: FrameWriterEvents;
  readonly #pumpOnDrain = () => this.#pump();
  #stream: Stream | undefined;
  #cancelFlush: (() => void) | undefined;
  #flushedAt = 0 as Timestamp;
  #sentBytes = 0;

  constructor(limits: NetworkLimits, clock: Clock, events: FrameWriterEvents) {
    this.#outbox = new Outbox(limits);
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
  }

  get queuedBytes(): number {
    return this.#outbox.bytes;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  queuedBytesOf(channel: Channel): number {
    return this.#outbox.bytesOf(channel);
  }

  /** Begins to send: first `opening`, then what was written before the stream existed. */
  attach(stream: Stream, opening: Frame): void {
    this.#stream = stream;
    stream.addEventListener("drain", this.#pumpOnDrain);
    this.#send(encodeFrame(opening));
    this.#pump();
  }

  detach(): readonly Frame[] {
    this.#stream?.removeEventListener("drain", this.#pumpOnDrain);
    this.#stream = undefined;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    return this.#outbox.drain();
  }

  write(frame: Frame): void {
    const { dropped, overflow } = this.#outbox.add(frame);
    if (dropped.length > 0) this.#events.dropped(dropped);
    if (overflow) {
      this.#events.overflow();
      return;
    }
    if (this.#stream === undefined) return;
    if (this.#outbox.bytes >= this.#limits.flushBytes) this.#pump();
    else if (this.#cancelFlush === undefined) this.#scheduleFlush();
  }

  /** Sends what waits and one last frame, without waiting for companions. */
  finish(last: Frame): void {
    this.#outbox.add(last);
    this.#pump();
  }

  #scheduleFlush(): void {
    const due = this.#flushedAt + this.#limits.flushMs;
    if (this.#clock.now() < due) {
      this.#cancelFlush = this.#clock.schedule(due as Timestamp, () => this.#pump());
    } else {
      this.#pumpSoon();
    }
  }

  #pumpSoon(): void {
    const immediate = setImmediate(() => this.#pump());
    this.#cancelFlush = () => clearImmediate(immediate);
  }

  #pump(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    let slice = 0;
    while (this.#stream !== undefined && !this.#stream.writableNeedsDrain) {
      if (slice >= sliceBytes) {
        this.#pumpSoon();
        return;
      }
      const parts = this.#outbox.take(packetBytes);
      if (parts.length === 0) return;
      slice += this.#send(concatBytes(...parts));
    }
  }

  #send(packet: Uint8Array): number {
    this.#flushedAt = this.#clock.now();
    this.#sentBytes += packet.length;
    try {
      this.#stream?.send(packet);
    } catch (error) {
      this.#events.failed(error instanceof Error ? error : new Error(String(error)));
    }
    return packet.length;
  }
}
