import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { account, type TestAccount, testChainId, testGenesis } from "../../test/support/chain-fixture.ts";
import {
  type Block,
  type BlockHeader,
  createBlock,
  createGenesisBlock,
  sealHeader,
  signTransaction,
  type Transaction,
  transactionsRoot,
} from "../chain/index.ts";
import { emptyBytes, zeroHash } from "../primitives/index.ts";
import type { Fault, ScannedCheckpoint } from "./find-faults.ts";
import { findFaults } from "./finders.ts";

const producers = [account("producer"), account("second producer")] as const;
const senders = [account("alice"), account("bob"), account("carol")] as const;
const genesis = createGenesisBlock(testGenesis());

/** Which sender each transaction of each block is from. */
type Plan = readonly (readonly number[])[];

// Signing is slow: the same transaction is made once for all runs.
const signed = new Map<string, Transaction>();

function transfer(from: TestAccount, nonce: bigint, value = 1n): Transaction {
  const name = `${from.address} ${nonce} ${value}`;
  const known = signed.get(name);
  if (known) return known;
  const made = signTransaction(
    {
      type: 2,
      chainId: testChainId,
      nonce,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 1n,
      to: from.address,
      value,
      data: emptyBytes,
      accessList: [],
    },
    from.key,
  );
  signed.set(name, made);
  return made;
}

/** A block on `parent`; `change` is what its producer does wrong before it seals. */
function blockOn(parent: Block, transactions: readonly Transaction[], change: Partial<BlockHeader> = {}): Block {
  const number = parent.header.number + 1n;
  const producer = producers[Number(number) % 2] as TestAccount;
  const header: BlockHeader = {
    ...genesis.header,
    parentHash: parent.hash,
    number,
    timestamp: parent.header.timestamp + 1n,
    coinbase: producer.address,
    transactionsRoot: transactionsRoot(transactions),
    extraData: emptyBytes,
    ...change,
  };
  return createBlock(sealHeader(header, testChainId, producer.key), transactions);
}

/** Blocks 1, 2, … in which every sender counts its nonces up; `edit` changes the transactions of one of them. */
function chainOf(plan: Plan, edit: (number: number, transactions: Transaction[]) => Transaction[] = (_, all) => all) {
  const nonces = senders.map(() => 0n);
  const blocks: Block[] = [];
  for (const [index, fromWhom] of plan.entries()) {
    const transactions = fromWhom.map((sender) => {
      const nonce = nonces[sender] as bigint;
      nonces[sender] = nonce + 1n;
      return transfer(senders[sender] as TestAccount, nonce);
    });
    blocks.push(blockOn(blocks.at(-1) ?? genesis, edit(index + 1, transactions)));
  }
  return blocks;
}

function checkpointOver(blocks: readonly Block[], start: bigint): ScannedCheckpoint {
  const last = blocks.at(-1) as Block;
  const { number: end, timestamp } = last.header;
  return { number: 1n, start, end, lastBlockHash: last.hash, submittedAt: timestamp + 1n };
}

const rules = { chainId: testChainId, banned: () => false, rootTokenOf: () => undefined };
/** Receipts are the business of other tests. */
const archived = (blocks: readonly Block[]) => blocks.map((each) => ({ block: each, receipts: [] }));
const scan = (blocks: readonly Block[], start = 2n): readonly Fault[] =>
  findFaults({ blocks: archived(blocks), checkpoint: checkpointOver(blocks, start), rules });

const block = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 });
const plans = fc.array(block, { minLength: 3, maxLength: 8 });
/** A chain, and a block of it after the first. */
const planAndPlace = plans.chain((plan) => fc.tuple(fc.constant(plan), fc.integer({ min: 2, max: plan.length })));
const runs = { numRuns: 40 };

describe("a scan", () => {
  test("finds nothing on an honest chain, wherever the checkpoint begins and however much of the past is known", () => {
    fc.assert(
      fc.property(plans, fc.nat(), fc.nat(), (plan, known, start) => {
        const blocks = chainOf(plan).slice(known % plan.length);
        const first = (blocks[0] as Block).header.number;
        expect(scan(blocks, first + BigInt(start % blocks.length))).toEqual([]);
      }),
      runs,
    );
  });

  test("finds a nonce that is used a second time, in the same block or long after", () => {
    fc.assert(
      fc.property(planAndPlace, fc.integer({ min: 0, max: 2 }), ([plan, place], who) => {
        const sender = senders[who] as TestAccount;
        // The sender's first transaction, and another one with the same nonce where the fault is.
        const begun: Plan = [[who], ...plan.slice(1)];
        const blocks = chainOf(begun, (number, all) => (number === place ? [...all, transfer(sender, 0n, 2n)] : all));
        const index = (begun[place - 1] as readonly number[]).length;
        expect(scan(blocks)).toEqual([
          {
            type: "duplicate-nonce",
            sender: sender.address,
            first: { block: 1n, index: 0 },
            second: { block: BigInt(place), index },
            firstNonce: 0n,
            secondNonce: 0n,
          },
        ]);
      }),
      runs,
    );
  });

  test("finds a nonce that is lower than an earlier one and was skipped", () => {
    fc.assert(
      fc.property(planAndPlace, ([plan, place]) => {
        const late = account("a sender who skips");
        const blocks = chainOf(plan, (number, all) => {
          if (number === 1) return [transfer(late, 5n), ...all];
          return number === place ? [transfer(late, 3n), ...all] : all;
        });
        expect(scan(blocks)).toEqual([
          {
            type: "nonce-mismatch",
            sender: late.address,
            first: { block: 1n, index: 0 },
            second: { block: BigInt(place), index: 0 },
            firstNonce: 5n,
            secondNonce: 3n,
          },
        ]);
      }),
      runs,
    );
  });

  test.each<{ title: string; type: Fault["type"]; change: (parent: Block) => Partial<BlockHeader> }>([
    {
      title: "a block whose parent is another",
      type: "block-sequence",
      change: () => ({ parentHash: zeroHash }),
    },
    {
      title: "a block as old as its parent",
      type: "block-sequence",
      change: (parent) => ({ timestamp: parent.header.timestamp }),
    },
    {
      title: "a block sealed by somebody else than its coinbase",
      type: "block-producer",
      change: () => ({ coinbase: account("somebody else").address }),
    },
  ])("finds $title", ({ type, change }) => {
    fc.assert(
      fc.property(planAndPlace, ([plan, place]) => {
        const blocks: Block[] = [];
        for (const honest of chainOf(plan)) {
          const parent = blocks.at(-1) ?? genesis;
          const wrong = Number(honest.header.number) === place ? change(parent) : {};
          blocks.push(blockOn(parent, honest.transactions, wrong));
        }
        expect(scan(blocks)).toEqual([expect.objectContaining({ type, block: BigInt(place) })]);
      }),
      runs,
    );
  });

  test("finds a block without a seal", () => {
    const [first, second] = chainOf([[0], [1]]) as [Block, Block];
    const unsealed = createBlock({ ...second.header, extraData: emptyBytes }, second.transactions);
    expect(scan([first, unsealed])).toEqual([expect.objectContaining({ type: "block-producer", block: 2n })]);
  });

  test("finds times beyond the checkpoint's submission, and a last block that is another", () => {
    const blocks = chainOf([[0], [1], [2]]);
    const checkpoint = checkpointOver(blocks, 2n);
    const early = { ...checkpoint, submittedAt: checkpoint.submittedAt - 62n };
    expect(findFaults({ blocks: archived(blocks), checkpoint: early, rules })).toEqual([
      expect.objectContaining({ type: "block-sequence", block: 3n }),
    ]);
    expect(
      findFaults({ blocks: archived(blocks), checkpoint: { ...checkpoint, lastBlockHash: zeroHash }, rules }),
    ).toEqual([expect.objectContaining({ type: "block-sequence", block: 3n })]);
  });

  test("finds a block that was rejected before, and blames nothing before the checkpoint", () => {
    const blocks = chainOf([[0], [0], [0]], (number, all) =>
      number === 2 ? [...all, transfer(senders[0], 0n, 2n)] : all,
    );
    const { hash } = blocks[2] as Block;
    const faults = findFaults({
      blocks: archived(blocks),
      checkpoint: checkpointOver(blocks, 3n),
      rules: { ...rules, banned: (each) => each === hash },
    });
    expect(faults).toEqual([{ type: "banned-block", block: 3n, hash }]);
  });
});
