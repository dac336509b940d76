import { afterAll, expect, test } from "vitest";
import { prepareLoad } from "../../test/support/block-load.ts";
import { openTestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";

// What does a validator pay to check a block of one kind of transaction, senders known, roots included, nothing written?
// Each figure is milliseconds of one block; the floors leave four times the measured time for a busy machine.

const directories = temporaryDirectories();
afterAll(directories.cleanUp);

const loads = [
  // 2.5 µs a transfer for the state, the rest for receipts, tries and roots: 22 ms.
  { load: "transfer" as const, count: 1_000, floorMs: 140 },
  // 50 µs each: 10 ms.
  { load: "erc20" as const, count: 200, floorMs: 60 },
  // Twenty slots each, 0.2 ms: 10 ms.
  { load: "storage" as const, count: 50, floorMs: 60 },
];

// A loop, because vitest's `test.each` does not pass the benchmark fixture on.
for (const { load, count, floorMs } of loads) {
  test(`a block of ${count}: ${load}`, async ({ bench }) => {
    const maker = await openTestChain({ directory: directories.create() });
    const checker = await openTestChain({ directory: directories.create() });
    const make = await prepareLoad(maker, load);
    for (let number = 1n; number <= maker.executor.finalHead.number; number++) {
      const block = maker.store.blocks.block(number);
      if (block) await checker.executor.executeBlock(block).then(() => checker.executor.finalize(block.hash));
    }
    const { block } = await maker.build(make(count));
    expect(block.transactions).toHaveLength(count);
    const result = await bench(`execute ${load}`, async () => {
      await checker.executor.executeBlock(block);
      checker.executor.discard(block.hash);
    }).run();
    maker.close();
    checker.close();
    expect(result.latency.mean).toBeLessThan(floorMs);
  });
}
