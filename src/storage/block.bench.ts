import { afterAll, expect, test } from "vitest";
import { prepareLoad } from "../../test/support/block-load.ts";
import { openTestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";

// What does it cost to make a block of 1,000 transfers final: rows of transactions and receipts, flat state, undo?

const directories = temporaryDirectories();
afterAll(directories.cleanUp);

test("committing a block of 1,000 transfers", async ({ bench }) => {
  const chain = await openTestChain({ directory: directories.create() });
  const make = await prepareLoad(chain, "transfer");
  const built = await chain.build(make(1_000));
  const result = await bench("commit and roll back", () => {
    chain.store.state.commit([built]);
    chain.store.state.rollback(0n);
  }).run();
  chain.close();
  // About 15 ms for both.
  expect(result.latency.mean).toBeLessThan(200);
});
