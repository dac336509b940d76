import type { Bytes } from "../primitives/index.ts";
import { type Channel, channelsByRank } from "./channel.ts";
import { encodeFragmentHeader, type Frame, fragmentBytes, frameHeaderBytes } from "./frame.ts";

/** Channels whose messages may be lost when a peer does not keep up, the least important first. */
const droppable: readonly Channel[] = ["transactions", "blocks", "rootset", "checkpoint"];

interface Waiting {
  readonly frame: Frame;
  /** Payload bytes already handed out. */
  offset: number;
}

class Lane {
  /** Messages from `head` on; taken ones are cut off in one go, because `shift` of a long array is slow. */
  items: Waiting[] = [];
  head = 0;
  bytes = 0;

  push(item: Waiting): void {
    this.items.push(item);
    this.bytes += sizeOf(item.frame);
  }

  first(): Waiting | undefined {
    return this.items[this.head];
  }

  removeFirst(): void {
    const item = this.items[this.head];
    if (item === undefined) return;
    this.bytes -= sizeOf(item.frame);
    this.head += 1;
    if (this.head > 64 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
  }

  /** Removes the oldest message that has not begun to go out. */
  dropOldest(): Frame | undefined {
    const first = this.first();
    if (first?.offset === 0) {
      this.removeFirst();
      return first.frame;
    }
    const [second] = this.items.splice(this.head + 1, 1);
    if (second !== undefined) this.bytes -= sizeOf(second.frame);
    return second?.frame;
  }
}

function sizeOf(frame: Frame): number {
  return frame.payload.length + frameHeaderBytes;
}

export interface OutboxLimits {
  readonly maxQueueBytes: number;
  readonly maxConsensusQueueBytes: number;
}

/** Outcome of adding a message: what had to go for it, and whether the peer can be kept. */
export interface Enqueued {
  readonly dropped: readonly Frame[];
  /** Consensus or status messages alone exceed their cap: the peer must be disconnected, nothing of it may be lost. */
  readonly overflow: boolean;
}

/**
 * Messages waiting for one peer. Within a channel first in is first out; across channels the more important goes first,
 * also between two fragments of a long message. Memory is bounded by dropping, never by waiting.
 */
export class Outbox {
  readonly #lanes: Readonly<Record<Channel, Lane>> = {
    status: new Lane(),
    consensus: new Lane(),
    checkpoint: new Lane(),
    rootset: new Lane(),
    blocks: new Lane(),
    transactions: new Lane(),
  };
  readonly #limits: OutboxLimits;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  /** Bytes waiting over all channels, headers included. */
  get bytes(): number {
    let sum = 0;
    for (const channel of channelsByRank) sum += this.#lanes[channel].bytes;
    return sum;
  }

  bytesOf(channel: Channel): number {
    return this.#lanes[channel].bytes;
  }

  add(frame: Frame): Enqueued {
    this.#lanes[frame.channel].push({ frame, offset: 0 });
    const dropped: Frame[] = [];
    let excess = this.bytes - this.#limits.maxQueueBytes;
    for (const channel of droppable) {
      while (excess > 0) {
        const gone = this.#lanes[channel].dropOldest();
        if (gone === undefined) break;
        dropped.push(gone);
        excess -= sizeOf(gone);
      }
    }
    const kept = this.#lanes.consensus.bytes + this.#lanes.status.bytes;
    return { dropped, overflow: excess > 0 || kept > this.#limits.maxConsensusQueueBytes };
  }

  /**
   * Takes what should go out next, about `wanted` bytes of it.
   *
   * @returns header and payload parts in wire order; empty when nothing waits
   */
  take(wanted: number): Bytes[] {
    const parts: Bytes[] = [];
    let size = 0;
    while (size < wanted) {
      const lane = this.#firstLane();
      const item = lane?.first();
      if (lane === undefined || item === undefined) break;
      const part = item.frame.payload.subarray(item.offset, item.offset + fragmentBytes);
      item.offset += part.length;
      const more = item.offset < item.frame.payload.length;
      parts.push(encodeFragmentHeader(item.frame, part.length, more));
      if (part.length > 0) parts.push(part);
      size += frameHeaderBytes + part.length;
      if (!more) lane.removeFirst();
    }
    return parts;
  }

  /** Everything that has not gone out completely. */
  drain(): Frame[] {
    const rest: Frame[] = [];
    for (const channel of channelsByRank) {
      const lane = this.#lanes[channel];
      for (const item of lane.items.slice(lane.head)) rest.push(item.frame);
      lane.items = [];
      lane.head = 0;
      lane.bytes = 0;
    }
    return rest;
  }

  #firstLane(): Lane | undefined {
    for (const channel of channelsByRank) {
      const lane = this.#lanes[channel];
      if (lane.bytes > 0) return lane;
    }
    return undefined;
  }
}
