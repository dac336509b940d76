import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  carol,
  openTestChain,
  sign,
  type TestChain,
  temporaryDirectories,
} from "../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../test/support/playground.ts";
import { type Address, type Hash, zeroHash } from "../primitives/index.ts";
import { type LocatedLog, type LogFilter, matchesFilter } from "./index.ts";

const directories = temporaryDirectories();
const built: Awaited<ReturnType<TestChain["extend"]>>[] = [];
const places: Address[] = [];
let chain: TestChain;

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create() });
  let nonce = 0n;
  const act = (to: Address, name: string, ...args: readonly unknown[]) =>
    sign(alice, { nonce: nonce++, to, gasLimit: 300_000n, data: playgroundCall(name, ...args) });
  for (let i = 0; i < 2; i++) {
    const deployed = await chain.extend([
      sign(alice, { nonce: nonce++, gasLimit: 5_000_000n, data: playground().bytecode }),
    ]);
    built.push(deployed);
    places.push(deployed.results[0]?.contractAddress as Address);
  }
  const [one, two] = places as [Address, Address];
  for (let i = 0n; i < 8n; i++) {
    built.push(
      await chain.extend([
        sign(bob, { nonce: i, to: carol.address, value: i }),
        act(one, "mint", i % 2n === 0n ? bob.address : carol.address, i),
        act(two, "mint", alice.address, i),
        act(one, "transfer", carol.address, 10n ** 9n),
        act(two, "transfer", carol.address, 0n),
      ]),
    );
  }
});

afterAll(() => {
  chain.close();
  directories.cleanUp();
});

/** Every log of the chain, found without any index. */
function allLogs(): readonly LocatedLog[] {
  return built.flatMap(({ block, receipts }) => {
    let logIndex = 0;
    return receipts.flatMap((receipt, transactionIndex) =>
      receipt.logs.map((log) => ({
        ...log,
        blockNumber: block.header.number,
        blockHash: block.hash,
        transactionHash: block.transactions[transactionIndex]?.hash as Hash,
        transactionIndex,
        logIndex: logIndex++,
      })),
    );
  });
}

describe("a stored block", () => {
  it("comes back as it was, by number and by hash", () => {
    for (const { block, receipts, results } of built) {
      expect(chain.store.blocks.block(block.hash)).toEqual(block);
      expect(chain.store.blocks.header(block.header.number)).toEqual(block.header);
      expect(chain.store.blocks.receipts(block.header.number)).toEqual(receipts);
      expect(chain.store.blocks.results(block.hash)).toMatchObject(
        results.map(({ effectiveGasPrice: _, moves: __, ...result }) => result),
      );
    }
    expect(chain.store.blocks.block(zeroHash)).toBeUndefined();
    expect(chain.store.blocks.block(1_000n)).toBeUndefined();
  });

  it("gives up its transactions by hash, with receipt and place", () => {
    for (const { block, receipts } of built) {
      for (const [index, transaction] of block.transactions.entries()) {
        const found = chain.store.blocks.transaction(transaction.hash);
        expect(found).toMatchObject({ index, blockNumber: block.header.number, blockHash: block.hash, transaction });
        expect(found?.receipt).toEqual(receipts[index]);
        expect(chain.store.blocks.transactionAt(block.header.number, index)?.transaction.hash).toBe(transaction.hash);
      }
    }
    expect(chain.store.blocks.transaction(zeroHash)).toBeUndefined();
  });
});

describe("logs", () => {
  it("are found by any filter, as a search through all of them finds them", () => {
    const logs = allLogs();
    const topics = [...new Set(logs.flatMap((log) => log.topics))];
    const topic = fc.oneof(
      fc.constant(null),
      fc.constantFrom(...topics, zeroHash),
      fc.array(fc.constantFrom(...topics, zeroHash), { maxLength: 3 }),
    );
    const filter = fc.record({
      from: fc.bigInt({ min: 0n, max: 12n }),
      to: fc.bigInt({ min: 0n, max: 12n }),
      addresses: fc.array(fc.constantFrom(...places, alice.address), { maxLength: 3 }),
      topics: fc.array(topic, { maxLength: 4 }),
      limit: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(filter, (wanted: LogFilter) => {
        const expected = logs.filter(
          (log) => log.blockNumber >= wanted.from && log.blockNumber <= wanted.to && matchesFilter(log, wanted),
        );
        const page = chain.store.blocks.logs(wanted);
        expect(page.logs).toEqual(expected.slice(0, wanted.limit));
        expect(page.complete).toBe(expected.length <= wanted.limit);
      }),
    );
  });

  it("of blocks that were taken back are gone, and their index with them", async () => {
    const undone = await openTestChain({ directory: directories.create() });
    const deployed = await undone.extend([
      sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode }),
    ]);
    const to = deployed.results[0]?.contractAddress as Address;
    const mint = (value: bigint) =>
      sign(alice, { nonce: 1n, to, gasLimit: 300_000n, data: playgroundCall("mint", bob.address, value) });
    const first = await undone.extend([mint(1n)]);
    await undone.executor.rollback(1n);
    const second = await undone.extend([mint(2n)]);
    const page = undone.store.blocks.logs({ from: 0n, to: 9n, addresses: [to], limit: 10 });
    expect(page.logs.map(({ blockHash }) => blockHash)).toEqual([second.block.hash]);
    expect(undone.store.blocks.block(first.block.hash)).toBeUndefined();
    undone.close();
  });
});
