import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCovering } from "./root-reader.ts";

describe("finding the checkpoint of a block", () => {
  it("finds the one range that holds it, and none beyond the last", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), async (lengths) => {
        const ranges: { start: bigint; end: bigint }[] = [];
        for (const length of lengths) {
          const start = (ranges.at(-1)?.end ?? -1n) + 1n;
          ranges.push({ start, end: start + BigInt(length) - 1n });
        }
        const read = async (number: bigint) => ranges[Number(number) - 1];
        const last = ranges.at(-1)?.end ?? 0n;
        for (let block = 0n; block <= last; block += 7n) {
          const number = await findCovering(BigInt(ranges.length), block, read);
          const range = ranges[Number(number) - 1];
          expect(range && range.start <= block && block <= range.end).toBe(true);
        }
        expect(await findCovering(BigInt(ranges.length), last + 1n, read)).toBeUndefined();
      }),
    );
  });

  it("asks about few of many", async () => {
    let reads = 0;
    const read = async (number: bigint) => {
      reads += 1;
      return { start: (number - 1n) * 16n, end: number * 16n - 1n };
    };
    expect(await findCovering(1_000_000n, 123_456n, read)).toBe(123_456n / 16n + 1n);
    expect(reads).toBeLessThanOrEqual(20);
  });

  it("gives up when a rollback takes the checkpoints away meanwhile", async () => {
    expect(await findCovering(100n, 5n, async () => undefined)).toBeUndefined();
  });
});
