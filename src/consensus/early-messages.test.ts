import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Hash, keccakHash, utf8 } from "../primitives/index.ts";
import { createEarlyMessages } from "./early-messages.ts";
import type { ConsensusMessage } from "./messages.ts";

const next = keccakHash(utf8("the next era"));
const MiB = 1024 * 1024;

/** Told apart by their number. */
const message = (creator: number, instance: Hash = next): ConsensusMessage => ({
  kind: "getEvidence",
  instance,
  creator,
});
const numbers = (taken: readonly { readonly message: ConsensusMessage }[]) =>
  taken.map(({ message: { kind, ...rest } }) => ("creator" in rest ? rest.creator : kind));

describe("messages that come before their era", () => {
  it("are given back once, in their order over all peers, without those of other eras", () => {
    const early = createEarlyMessages();
    early.keep(message(1), "a", 100);
    early.keep(message(2), "b", 100);
    early.keep(message(3, keccakHash(utf8("some other"))), "b", 100);
    early.keep(message(4), "a", 100);
    expect(numbers(early.take(next))).toEqual([1, 2, 4]);
    expect(early.take(next)).toEqual([]);
  });

  it("of one peer make room for its newer ones", () => {
    const early = createEarlyMessages();
    for (let i = 0; i < 300; i++) early.keep(message(i), "a", 10);
    const kept = numbers(early.take(next));
    expect(kept).toHaveLength(256);
    expect(kept[0]).toBe(44);
    early.keep(message(1), "a", 2 * MiB);
    early.keep(message(2), "a", 2 * MiB);
    early.keep(message(3), "a", 4 * MiB);
    expect(numbers(early.take(next))).toEqual([2]);
  });

  it("of a peer that speaks now are kept, however many names spoke before it", () => {
    const early = createEarlyMessages();
    for (let i = 0; i < 500; i++) early.keep(message(i), `made up ${i}`, 100);
    early.keep(message(1_000), "honest", 100);
    expect(numbers(early.take(next)).at(-1)).toBe(1_000);
  });

  test("I-30 never hold more than their caps, whoever sends what", () => {
    const frames = fc.array(fc.record({ peer: fc.nat({ max: 90 }), bytes: fc.integer({ min: 1, max: 4 * MiB }) }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(frames, (sent) => {
        const early = createEarlyMessages();
        for (const [i, { peer, bytes }] of sent.entries()) early.keep(message(i), `p${peer}`, bytes);
        const taken = early.take(next);
        const sizes = new Map<string, number>();
        for (const { from, message: kept } of taken) {
          const { bytes } = sent[(kept as { creator: number }).creator] as { bytes: number };
          sizes.set(from, (sizes.get(from) ?? 0) + bytes);
        }
        expect(sizes.size).toBeLessThanOrEqual(64);
        for (const size of sizes.values()) expect(size).toBeLessThanOrEqual(3 * MiB);
        expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(24 * MiB);
        // The newest frame that fits at all is always there.
        const newest = sent.findLastIndex(({ bytes }) => bytes <= 3 * MiB);
        if (newest >= 0) expect(numbers(taken).at(-1)).toBe(newest);
      }),
    );
  });
});
