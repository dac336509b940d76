import { describe, expect, it } from "vitest";
import { concatBytes } from "../primitives/index.ts";
import type { Channel } from "./channel.ts";
import { type Frame, FrameReader, fragmentBytes } from "./frame.ts";
import { Outbox } from "./outbox.ts";

const roomy = { maxQueueBytes: 10_000_000, maxConsensusQueueBytes: 10_000_000 };
const maxima = { status: 1e6, consensus: 1e6, checkpoint: 1e6, rootset: 1e6, blocks: 1e6, transactions: 1e6 };

function message(channel: Channel, size: number, id = 0): Frame {
  return { channel, kind: "notify", id, payload: new Uint8Array(size) };
}

function takeAll(outbox: Outbox, packet = 64 * 1024): string[] {
  const reader = new FrameReader(maxima);
  const order: string[] = [];
  for (let parts = outbox.take(packet); parts.length > 0; parts = outbox.take(packet)) {
    reader.push(concatBytes(...parts));
    for (let next = reader.next(); next.ok && next.value !== undefined; next = reader.next()) {
      order.push(`${next.value.channel} ${next.value.id}`);
    }
  }
  return order;
}

describe("an outbox", () => {
  it("sends the more important channel first and keeps the order within each", () => {
    const outbox = new Outbox(roomy);
    for (const [id, channel] of (["transactions", "blocks", "consensus", "status", "consensus"] as const).entries()) {
      outbox.add(message(channel, 10, id));
    }
    expect(takeAll(outbox)).toEqual(["status 3", "consensus 2", "consensus 4", "blocks 1", "transactions 0"]);
    expect(outbox.bytes).toBe(0);
  });

  it("puts a vote between the fragments of a block that has begun to go out", () => {
    const outbox = new Outbox(roomy);
    outbox.add(message("blocks", 3 * fragmentBytes));
    const first = outbox.take(1);
    outbox.add(message("consensus", 5));
    const second = outbox.take(1);
    expect(first[0]?.[5]).toBe(0x80);
    expect(second[0]?.[4]).toBe(1);
    expect(takeAll(outbox)).toEqual(["blocks 0"]); // the two fragments that were left
    expect(outbox.bytes).toBe(0);
  });

  it("drops the oldest transactions first, then blocks, then checkpoint messages", () => {
    const outbox = new Outbox({ maxQueueBytes: 1_000, maxConsensusQueueBytes: 1_000 });
    outbox.add(message("transactions", 190, 1));
    outbox.add(message("transactions", 190, 2));
    outbox.add(message("blocks", 190, 3));
    outbox.add(message("checkpoint", 190, 4));
    expect(outbox.add(message("consensus", 390, 5)).dropped.map((frame) => frame.id)).toEqual([1]);
    const next = outbox.add(message("consensus", 390, 6));
    expect(next.dropped.map((frame) => frame.id)).toEqual([2, 3]);
    expect(next.overflow).toBe(false);
    expect(takeAll(outbox)).toEqual(["consensus 5", "consensus 6", "checkpoint 4"]);
  });

  it("never drops consensus messages: it says that the peer cannot be kept", () => {
    const outbox = new Outbox({ maxQueueBytes: 1_000, maxConsensusQueueBytes: 500 });
    expect(outbox.add(message("consensus", 400))).toEqual({ dropped: [], overflow: false });
    expect(outbox.add(message("consensus", 400))).toEqual({ dropped: [], overflow: true });
  });

  it("does not drop the message whose first fragment is gone already", () => {
    const outbox = new Outbox({ maxQueueBytes: 300_000, maxConsensusQueueBytes: 300_000 });
    outbox.add(message("blocks", 100_000, 1));
    outbox.take(1);
    const { dropped, overflow } = outbox.add(message("blocks", 250_000, 2));
    expect(dropped.map((frame) => frame.id)).toEqual([2]);
    expect(overflow).toBe(false);
  });

  it("stays in order over thousands of messages", () => {
    const outbox = new Outbox(roomy);
    for (let id = 0; id < 5_000; id++) outbox.add(message("consensus", 1, id));
    expect(takeAll(outbox)).toEqual(Array.from({ length: 5_000 }, (_, id) => `consensus ${id}`));
  });
});
