import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  openTestChain,
  producer,
  type TestChain,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import type { ArchivedBlock } from "../checkpoint/index.ts";
import { findFaults } from "../fraud/index.ts";
import { addressWord, hashFromBytes, hexToBytes, parseAddress, wordOf } from "../primitives/index.ts";
import { loadArtifacts } from "../rootchain/index.ts";
import { blockMisdeeds, forgerOf } from "./block-misdeeds.ts";

const directories = temporaryDirectories();
const token = parseAddress(`0x${"70ce".repeat(10)}`);
const rootToken = parseAddress(`0x${"c0de".repeat(10)}`);
/** Where the layout of ChildERC20 has its root token; with another slot its logs would be faults. */
const rootTokenSlot = hashFromBytes(wordOf(8));

function genesis() {
  return testGenesis({
    [producer.address]: { balance: 10n ** 24n },
    [token]: {
      balance: 0n,
      nonce: 1n,
      code: hexToBytes(loadArtifacts().of("ChildERC20").deployedBytecode),
      storage: { [rootTokenSlot]: hashFromBytes(addressWord(rootToken)) },
    },
  });
}

let honest: TestChain;
let lenient: TestChain;

beforeEach(async () => {
  honest = await openTestChain({ directory: directories.create(), genesis: genesis() });
  lenient = await openTestChain({ directory: directories.create(), genesis: genesis() });
});
afterEach(() => {
  honest.close();
  lenient.close();
  directories.cleanUp();
});

const deposit = () => undefined;

/** Kind of fraud that each of them is. */
const proofs: Readonly<Record<string, string>> = {
  "bad-nonce": "duplicate-nonce",
  "tip-above-fee": "bad-transaction",
  "log-forge": "bad-receipt",
  "cross-twice": "cross-receive",
  "erc20-amount": "erc20-transfer",
  "erc20-output": "erc20-log",
  "erc20-input": "utxo-continuity",
};

describe("a producer's misdeed", () => {
  test.each(Object.keys(proofs))(
    "%s is refused by the honest, accepted by accomplices, and is one fault",
    async (kind) => {
      const misdeed = blockMisdeeds[kind];
      if (!misdeed) throw new Error("the table has no such misdeed");
      const rules = { ...misdeed.rules, forge: forgerOf([kind]) };
      const { executor } = lenient;
      const parent = executor.headerAt(executor.finalHead.hash);
      const scene = {
        chainId: honest.genesis.chainId,
        executor,
        parent,
        sealer: producer,
        before: 0,
        params: { token },
        delivered: 0,
        deposit,
      };
      const transactions = misdeed.transactions(scene);
      expect(transactions.length).toBeGreaterThan(0);
      const built = await lenient.build([], { systemTransactions: transactions, rules });

      expect((await honest.executor.executeBlock(built.block)).ok).toBe(false);
      expect((await honest.executor.executeBlock(built.block, { rules })).ok).toBe(true);

      // Stored and read again it is the block that was signed.
      await lenient.executor.finalize(built.block.hash);
      const { blocks } = lenient.store;
      const archived = { block: blocks.block(1n), receipts: blocks.receipts(1n) } as ArchivedBlock;
      expect(archived.block.hash).toBe(built.block.hash);
      const faults = findFaults({
        blocks: [archived],
        checkpoint: {
          number: 1n,
          start: 1n,
          end: 1n,
          lastBlockHash: built.block.hash,
          submittedAt: built.block.header.timestamp,
        },
        rules: {
          chainId: honest.genesis.chainId,
          banned: () => false,
          rootTokenOf: (child) => (child === token ? rootToken : undefined),
        },
      });
      expect(faults.map(({ type }) => type)).toEqual([proofs[kind]]);
    },
  );

  test("is honest the second time, when its transaction comes back after the rollback", () => {
    const { executor } = lenient;
    const parent = executor.headerAt(executor.finalHead.hash);
    const scene = {
      chainId: honest.genesis.chainId,
      executor,
      parent,
      sealer: producer,
      before: 0,
      delivered: 0,
      params: {},
      deposit,
    };
    const [transaction] = blockMisdeeds["log-forge"]?.transactions(scene) ?? [];
    if (!transaction) throw new Error("the misdeed makes a transaction");
    const logsBloom = new Uint8Array(256);
    const receipt = { type: 2, status: 1, cumulativeGasUsed: 30_000n, logsBloom, logs: [] } as const;
    expect(forgerOf(["log-forge"])(transaction, receipt).logs).toHaveLength(1);
    expect(forgerOf(["bad-nonce", "erc20-output"])(transaction, receipt)).toBe(receipt);
  });

  test("with a token waits until the token exists", () => {
    const { executor } = lenient;
    const parent = executor.headerAt(executor.finalHead.hash);
    const params = { token: rootToken };
    const scene = {
      chainId: honest.genesis.chainId,
      executor,
      parent,
      sealer: producer,
      before: 0,
      params,
      delivered: 0,
      deposit,
    };
    expect(blockMisdeeds["erc20-output"]?.transactions(scene)).toEqual([]);
  });
});
