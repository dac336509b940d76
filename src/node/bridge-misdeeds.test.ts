import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  account,
  openTestChain,
  producer,
  type TestAccount,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { createDepositRelay, type Deposit, DepositKind, depositHash } from "../bridge/index.ts";
import { sealHeader } from "../chain/index.ts";
import type { ArchivedBlock } from "../checkpoint/index.ts";
import { findFaults } from "../fraud/index.ts";
import { type Address, emptyBytes, parseAddress } from "../primitives/index.ts";
import { predeployAddresses, predeployAlloc } from "../rootchain/index.ts";
import { blockMisdeeds, forgerOf } from "./block-misdeeds.ts";
import { createDepositDeliveries } from "./deposit-deliveries.ts";

/** Seals blocks of a producer whose units another key signs. */
const ownKey = account("its producer key");
const directories = temporaryDirectories();
const kmc = parseAddress(`0x${"c0de".repeat(10)}`);
const rules = { forge: forgerOf(["deposit-twice"]) };

const deposits: readonly Deposit[] = [1n, 2n].map((id) => ({
  chainId: testChainId,
  id,
  kind: DepositKind.native,
  rootToken: kmc,
  recipient: parseAddress(`0x${"b0b0".repeat(10)}`),
  amount: 5n * id,
  data: emptyBytes,
  createdAt: 1_700_000_001n,
}));
const deposit = (id: bigint) => deposits[Number(id) - 1];

let honest: TestChain;
let lenient: TestChain;

beforeEach(async () => {
  const genesis = testGenesis({
    [producer.address]: { balance: 10n ** 24n },
    [ownKey.address]: { balance: 10n ** 24n },
    ...predeployAlloc({ nativePoolWei: 10n ** 24n, kmc }),
  });
  honest = await openTestChain({ directory: directories.create(), genesis });
  lenient = await openTestChain({ directory: directories.create(), genesis });
});
afterEach(() => {
  honest.close();
  lenient.close();
  directories.cleanUp();
});

const parent = () => lenient.executor.headerAt(lenient.executor.finalHead.hash);

const nonceOf = () => lenient.executor.stateAt(lenient.executor.finalHead.hash).account(producer.address)?.nonce ?? 0n;

/** Deliveries of the first `count` deposits as the producer makes them, or as it alters them. */
function deliveries(count: number, altered?: (due: readonly Deposit[]) => readonly Deposit[]) {
  const relay = createDepositRelay({ deposit: (id) => (id <= BigInt(count) ? deposit(id) : undefined) });
  const make = createDepositDeliveries(testChainId, { executor: lenient.executor, deposits: relay });
  const { timestamp } = parent();
  return make(lenient.executor.finalHead.hash, parent(), producer, nonceOf(), {
    timestamp: timestamp + 1n,
    ...(altered ? { altered } : {}),
  });
}

/** Builds the block on the lenient chain and makes it final there; whether the honest chain takes it. */
async function produce(
  transactions: Awaited<ReturnType<typeof deliveries>>,
  sealer: TestAccount = producer,
): Promise<boolean> {
  const { block } = await lenient.build([], {
    systemTransactions: transactions,
    rules,
    coinbase: sealer.address,
    seal: (header) => sealHeader(header, testChainId, sealer.key),
  });
  const { ok } = await honest.executor.executeBlock(block);
  if (ok) await honest.executor.finalize(block.hash);
  await lenient.executor.finalize(block.hash);
  return ok;
}

function misdeed(kind: string, sealer: TestAccount = producer) {
  const scene = {
    chainId: testChainId,
    executor: lenient.executor,
    parent: parent(),
    sealer,
    before: 0,
    delivered: 0,
    params: {},
    deposit,
  };
  return blockMisdeeds[kind]?.transactions(scene) ?? [];
}

function faults(): readonly string[] {
  const { blocks } = lenient.store;
  const end = lenient.executor.finalHead;
  const archived = Array.from({ length: Number(end.number) }, (_, index) => {
    const number = BigInt(index + 1);
    return { block: blocks.block(number), receipts: blocks.receipts(number) } as ArchivedBlock;
  });
  const submittedAt = parent().timestamp;
  const found = findFaults({
    blocks: archived,
    checkpoint: { number: 1n, start: 1n, end: end.number, lastBlockHash: end.hash, submittedAt },
    rules: {
      chainId: testChainId,
      banned: () => false,
      rootTokenOf: (child) => (child === predeployAddresses.KomaNative ? kmc : undefined),
      bridge: {
        depositHash: (id) => {
          const known = deposit(id);
          return known && depositHash(known);
        },
        childTokenOf: (root: Address) => (root === kmc ? predeployAddresses.KomaNative : undefined),
      },
    },
  });
  return found.map(({ type }) => type);
}

describe("a producer's misdeed with deposits", () => {
  it("is none in deliveries of what was deposited", async () => {
    expect(await produce(await deliveries(2))).toBe(true);
    expect(faults()).toEqual([]);
  });

  it("leaves a valid block that the root chain contradicts, when it delivers another amount", async () => {
    expect(await produce(await deliveries(1, blockMisdeeds["deposit-amount"]?.deliveries))).toBe(true);
    expect(faults()).toEqual(["deposit-mismatch"]);
  });

  it("leaves a valid block that the root chain contradicts, when nobody deposited what it delivers", async () => {
    expect(await produce(await deliveries(2))).toBe(true);
    expect(await produce(misdeed("deposit-phantom"))).toBe(true);
    expect(faults()).toEqual(["deposit-mismatch"]);
  });

  it("is one too where the producer seals with a key of its own, from which alone the bridge takes deliveries", async () => {
    expect(await produce(misdeed("deposit-phantom"), ownKey)).toBe(true);
    expect(faults()).toEqual([]);
    expect(await produce(misdeed("deposit-phantom", ownKey), ownKey)).toBe(true);
    expect(faults()).toEqual(["deposit-mismatch"]);
  });

  it("is refused by the honest, and one fault, when it delivers a deposit twice", async () => {
    expect(misdeed("deposit-twice")).toEqual([]);
    expect(await produce(await deliveries(2))).toBe(true);
    expect(await produce(misdeed("deposit-twice"))).toBe(false);
    expect(faults()).toEqual(["deposit-duplicate"]);
  });

  it("delivers nothing where deposits are left out", async () => {
    expect(await deliveries(2, blockMisdeeds["deposit-skip"]?.deliveries)).toEqual([]);
  });
});

it("a deposit of a time that the chain has not reached is delivered later", async () => {
  const late = deposits.map((each, index) => ({ ...each, createdAt: each.createdAt + BigInt(index) }));
  const relay = createDepositRelay({ deposit: (id) => late[Number(id) - 1] });
  const make = createDepositDeliveries(testChainId, { executor: lenient.executor, deposits: relay });
  const on = (timestamp: bigint) => make(lenient.executor.finalHead.hash, parent(), producer, 0n, { timestamp });
  expect(await on(1_700_000_000n)).toHaveLength(0);
  expect(await on(1_700_000_001n)).toHaveLength(1);
  expect(await on(1_700_000_002n)).toHaveLength(2);
});
