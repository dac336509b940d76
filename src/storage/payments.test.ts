import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { createPrng, type Prng } from "../../test/support/prng.ts";
import { logEmitter, type TokenSide, transferLog } from "../../test/support/token-logs.ts";
import { outputId, type Payment, type Transaction } from "../chain/index.ts";
import { type Address, addressFromBytes, emptyBytes } from "../primitives/index.ts";
import { decodePayments, encodePayments } from "./payment-rows.ts";

const directories = temporaryDirectories();
afterEach(directories.cleanUp);

const RICH = 10n ** 24n;
const token = `0x${"70".repeat(20)}` as Address;
/** Pays back half of what it is sent: `CALL(gas, caller, callvalue / 2)`. */
const halver = `0x${"71".repeat(20)}` as Address;
const genesis = testGenesis({
  [token]: { balance: 0n, code: logEmitter },
  [halver]: { balance: 0n, code: Uint8Array.from([0x5f, 0x5f, 0x5f, 0x5f, 0x60, 2, 0x34, 0x04, 0x33, 0x5a, 0xf1, 0]) },
  [producer.address]: { balance: RICH },
});
const people = [alice, bob, carol, producer];

/** Random traffic with nonces of its own counting: payments to others, to oneself, to the producer, to contracts; creations. */
function createTraffic(prng: Prng, nonces = new Map<Address, bigint>()) {
  const held = new Map<Address, TokenSide>();
  const sideOf = (account: Address) => held.get(account) ?? { account, input: 0n, output: 1_000n, seq: 0n };
  function tokenTransfer(from: Address, to: Address): Transaction["data"] {
    const amount = BigInt(prng.between(0, 3));
    const [a, b] = [sideOf(from), sideOf(to)];
    const source = { account: from, input: a.output, output: a.output - (from === to ? 0n : amount), seq: a.seq + 1n };
    const target = from === to ? source : { account: to, input: b.output, output: b.output + amount, seq: b.seq + 1n };
    held.set(from, source).set(to, target);
    return transferLog(token, amount, source, target);
  }
  const next = (): Transaction => {
    const from = prng.pick(people) ?? alice;
    const nonce = nonces.get(from.address) ?? 0n;
    nonces.set(from.address, nonce + 1n);
    const to = (prng.pick(people) ?? bob).address;
    const value = BigInt(prng.between(0, 1_000));
    const gasLimit = 120_000n;
    switch (prng.between(0, 5)) {
      case 0:
        return sign(from, { nonce, to: token, value: 0n, data: tokenTransfer(from.address, to), gasLimit });
      case 1:
        return sign(from, { nonce, to: halver, value, gasLimit });
      case 2:
        // The initcode reverts when there is an odd value: nothing but the fee moves.
        return sign(from, { nonce, to: undefined, value, gasLimit, data: Uint8Array.of(0x5f, 0x5f, 0xfd) });
      default:
        return sign(from, { nonce, to, value });
    }
  };
  return { next, nonces, held };
}

function expectJournal(chain: TestChain, owners: readonly Address[], tokens: ReadonlyMap<Address, TokenSide>): void {
  const state = chain.executor.stateAt(chain.executor.finalHead.number);
  for (const owner of owners) {
    const entries = chain.store.payments.history(undefined, owner, 10_000);
    expect(entries[0]?.output ?? RICH, `native balance of ${owner}`).toBe(state.account(owner)?.balance ?? 0n);
    const chained = [...entries, { output: genesis.alloc[owner]?.balance ?? 0n }];
    for (const [index, { input }] of entries.entries()) expect(input).toBe(chained[index + 1]?.output);
    const moved = chain.store.payments.history(token, owner, 10_000);
    if (tokens.has(owner)) expect(moved[0]?.output).toBe(tokens.get(owner)?.output);
    for (const [index, { input }] of moved.entries()) expect(input).toBe(moved[index + 1]?.output ?? 1_000n);
    for (const entry of [...entries.slice(0, 3), ...moved.slice(0, 3)]) {
      expect(chain.store.payments.of(entry)).toContainEqual(entry);
    }
  }
}

describe("the journal of payments", () => {
  it("ends in each account's balance after random traffic, a rollback and a restart, and has no gap", async () => {
    const directory = directories.create();
    let chain = await openTestChain({ directory, genesis });
    const traffic = createTraffic(createPrng(7));
    const owners = [...people.map(({ address }) => address), halver];
    const marks: { nonces: Map<Address, bigint>; held: Map<Address, TokenSide> }[] = [];
    for (let block = 1; block <= 8; block++) {
      const built = await chain.extend(Array.from({ length: 24 }, traffic.next));
      expect(built.skipped).toEqual([]);
      marks.push({ nonces: new Map(traffic.nonces), held: new Map(traffic.held) });
    }
    expectJournal(chain, owners, traffic.held);

    await chain.executor.rollback(5n);
    const mark = marks[4] as (typeof marks)[number];
    expectJournal(chain, owners, mark.held);
    chain.close();
    chain = await openTestChain({ directory, genesis });
    expectJournal(chain, owners, mark.held);
    const again = createTraffic(createPrng(8), new Map(mark.nonces));
    for (const [account, side] of mark.held) again.held.set(account, side);
    await chain.extend(Array.from({ length: 24 }, again.next));
    expectJournal(chain, owners, again.held);
    chain.close();
  }, 60_000);

  it("names outputs by their place, and joins the producer's tips", async () => {
    const chain = await openTestChain({ directory: directories.create(), genesis });
    const { receipts, results } = await chain.extend([
      sign(alice, { nonce: 0n, to: bob.address, value: 5n }),
      sign(alice, { nonce: 1n, to: bob.address, value: 6n }),
      sign(bob, { nonce: 0n, to: bob.address, value: 7n }),
    ]);
    expect(receipts.map(({ status }) => status)).toEqual([1, 1, 1]);
    const ids = (owner: Address) =>
      chain.store.payments.history(undefined, owner, 9).map((each) => outputId(each, each));
    expect(ids(alice.address)).toEqual(["1:1:n0", "1:0:n0"]);
    // Bob's payment to himself costs him the fee only.
    expect(ids(bob.address)).toEqual(["1:2:n0", "1:1:n1", "1:0:n1"]);
    expect(ids(producer.address)).toEqual(["1:2:n1"]);
    const tips = results.reduce(
      (sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * (effectiveGasPrice - 10n ** 9n),
      0n,
    );
    const baseFee = chain.executor.headerAt(1n).baseFeePerGas;
    const [earned] = chain.store.payments.history(undefined, producer.address, 1);
    const surplus = 3n * 21_000n * (baseFee - 10n ** 9n);
    expect((earned?.output ?? 0n) - (earned?.input ?? 0n)).toBe(tips - surplus);
    expect(chain.store.payments.of({ block: 1n, index: 9 })).toEqual([]);
    chain.close();
  });

  it("keeps the entries of a producer in order when its balance moves in other ways too", async () => {
    const chain = await openTestChain({ directory: directories.create(), genesis });
    await chain.extend([
      sign(alice, { nonce: 0n, to: bob.address, value: 5n }),
      sign(alice, { nonce: 1n, to: producer.address, value: 6n }),
      sign(alice, { nonce: 2n, to: bob.address, value: 7n }),
      sign(producer, { nonce: 0n, to: bob.address, value: 8n }),
      sign(alice, { nonce: 3n, to: token, value: 0n, data: emptyBytes, gasLimit: 60_000n }),
    ]);
    const entries = chain.store.payments.history(undefined, producer.address, 9);
    expect(entries.map(({ index }) => index)).toEqual([4, 3, 2, 1, 0]);
    expectJournal(chain, [alice.address, bob.address, producer.address], new Map());
    chain.close();
  });
});

describe("a pruned journal of payments", () => {
  it("keeps each owner's newest entry, and those of transactions that are kept", async () => {
    const chain = await openTestChain({ directory: directories.create(), genesis });
    const traffic = createTraffic(createPrng(9));
    // Paid once, long before what is kept.
    const idle = `0x${"1d".repeat(20)}` as Address;
    await chain.extend([sign(carol, { nonce: 0n, to: idle, value: 10n })]);
    const others = [alice, bob, producer].map(({ address }) => address);
    for (let block = 2; block <= 8; block++) {
      const some = Array.from({ length: 30 }, traffic.next).filter(({ sender }) => sender !== carol.address);
      await chain.extend(some);
    }
    const lengths = () => others.map((owner) => chain.store.payments.history(undefined, owner, 1_000).length);
    const before = lengths();
    while (chain.store.state.pruneTransactions(7n, 10));
    const state = chain.executor.stateAt(8n);
    for (const owner of [...others, carol.address, halver, idle]) {
      const entries = chain.store.payments.history(undefined, owner, 1_000);
      expect(entries[0]?.output).toBe(state.account(owner)?.balance);
      expect(entries.filter(({ block }) => block < 7n).length, owner).toBeLessThanOrEqual(1);
      for (const [index, { input }] of entries.slice(0, -1).entries()) expect(input).toBe(entries[index + 1]?.output);
      expect(entries.every(({ block, transaction }) => (transaction === undefined) === block < 7n)).toBe(true);
    }
    expect(chain.store.payments.history(undefined, idle, 9)).toMatchObject([{ block: 1n, input: 0n, output: 10n }]);
    for (const [index, length] of lengths().entries()) expect(length).toBeLessThan(before[index] ?? 0);
    chain.close();
  });
});

describe("rows of payments", () => {
  const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(addressFromBytes);
  const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
  const side = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const place = fc.option(fc.tuple(address, side), { nil: undefined });
  const payment = fc
    .tuple(place, address, side, amount, amount)
    .map(
      ([of, owner, nth, input, output]): Payment => ({ token: of?.[0], log: of?.[1], owner, side: nth, input, output }),
    );

  it("give back any entries, and say when they are damaged", () => {
    fc.assert(
      fc.property(fc.array(payment, { minLength: 1, maxLength: 5 }), fc.nat(), (payments, cut) => {
        const row = encodePayments(payments);
        expect(decodePayments(row)).toEqual(payments);
        const short = row.subarray(0, row.length - 1 - (cut % 40));
        expect(() => {
          if (decodePayments(short).length < payments.length) throw new RangeError("fewer");
        }).toThrow(RangeError);
      }),
      { numRuns: 60 },
    );
  });
});
