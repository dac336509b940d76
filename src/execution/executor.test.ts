import { afterEach, describe, expect, it } from "vitest";
import {
  account,
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  randao,
  sign,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../test/support/playground.ts";
import { type BlockHeader, createBlock, sealHeader } from "../chain/index.ts";
import { type Address, bytesToBigint, type Hash, zeroHash } from "../primitives/index.ts";

const directories = temporaryDirectories();
const opened: TestChain[] = [];

async function open(options: Partial<Parameters<typeof openTestChain>[0]> = {}): Promise<TestChain> {
  const chain = await openTestChain({ directory: directories.create(), ...options });
  opened.push(chain);
  return chain;
}

afterEach(() => {
  for (const chain of opened.splice(0)) chain.close();
  directories.cleanUp();
});

const pay = (nonce: bigint, value = 1n) => sign(alice, { nonce, to: bob.address, value });

async function deployPlayground(chain: TestChain, nonce = 0n): Promise<Address> {
  const built = await chain.extend([sign(alice, { nonce, gasLimit: 5_000_000n, data: playground().bytecode })]);
  return built.results[0]?.contractAddress as Address;
}

function reseal(header: BlockHeader, changes: Partial<BlockHeader>): BlockHeader {
  return sealHeader({ ...header, extraData: new Uint8Array(0), ...changes }, testChainId, producer.key);
}

describe("a built block", () => {
  it("runs on another node and gives it the same state", async () => {
    const [maker, checker] = [await open(), await open()];
    const built = await maker.build([pay(0n), pay(1n), sign(bob, { nonce: 0n, to: carol.address, value: 2n })]);
    const executed = await checker.executor.executeBlock(built.block);
    expect(executed.ok && executed.value.receipts).toEqual(built.receipts);
    await checker.executor.finalize(built.block.hash);
    expect(checker.executor.stateAt(1n).account(carol.address)).toEqual(
      maker.executor.stateAt(built.block.hash).account(carol.address),
    );
  });

  it("pays the tip to the coinbase and burns the base fee", async () => {
    const chain = await open();
    const before = chain.executor.stateAt(0n).account(alice.address)?.balance ?? 0n;
    const { block, results } = await chain.extend([pay(0n, 7n)]);
    const view = chain.executor.stateAt(1n);
    const price = results[0]?.effectiveGasPrice ?? 0n;
    expect(price).toBe(block.header.baseFeePerGas + 10n ** 9n);
    expect(view.account(producer.address)?.balance).toBe(21_000n * 10n ** 9n);
    expect(view.account(alice.address)?.balance).toBe(before - 7n - 21_000n * price);
  });

  it("leaves out what does not fit, says why, and goes on", async () => {
    const chain = await open();
    const poor = sign(account("poor"), { nonce: 0n, to: bob.address });
    const cheap = sign(bob, { nonce: 0n, to: alice.address, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n });
    const built = await chain.build([pay(1n), poor, cheap, pay(0n)]);
    expect(built.skipped.map(({ rejection }) => rejection.code)).toEqual([
      "NonceMismatch",
      "InsufficientFunds",
      "FeeBelowBaseFee",
    ]);
    expect(built.block.transactions).toEqual([pay(0n)]);
  });

  it("stops at the gas limit and at the deadline", async () => {
    const chain = await open();
    const full = await chain.build([pay(0n), pay(1n), pay(2n)], { gasLimit: 50_000n });
    expect(full.block.transactions).toHaveLength(2);
    let asked = 0;
    const late = await chain.build([pay(0n), pay(1n), pay(2n)], { deadline: () => ++asked > 1 });
    expect(late.block.transactions).toHaveLength(1);
  });

  it("starts with the system transactions, all of them or none", async () => {
    const chain = await open();
    const built = await chain.build([pay(0n)], { systemTransactions: [sign(carol, { nonce: 0n, to: bob.address })] });
    expect(built.block.transactions[0]?.sender).toBe(carol.address);
    const early = sign(carol, { nonce: 9n, to: bob.address });
    await expect(chain.build([], { systemTransactions: [early] })).rejects.toMatchObject({
      code: "KOMA_E_SYSTEM_TRANSACTION",
    });
  });

  it("may ignore nonces only when a fault asks for it, and other nodes refuse it", async () => {
    const [faulty, honest] = [await open(), await open()];
    const built = await faulty.build([pay(5n), pay(5n)], { rules: { ignoreNonces: true } });
    expect(built.block.transactions).toHaveLength(2);
    expect(await honest.executor.executeBlock(built.block)).toMatchObject({
      ok: false,
      rejection: { code: "Transaction", index: 0, rejection: { code: "NonceMismatch" } },
    });
    expect((await honest.executor.executeBlock(built.block, { rules: { ignoreNonces: true } })).ok).toBe(true);
  });
});

describe("a block is refused", () => {
  it.each<[string, (header: BlockHeader) => Partial<BlockHeader>]>([
    ["StateRoot", () => ({ stateRoot: zeroHash })],
    ["ReceiptsRoot", () => ({ receiptsRoot: zeroHash })],
    ["TransactionsRoot", () => ({ transactionsRoot: zeroHash })],
    ["GasUsed", (header) => ({ gasUsed: header.gasUsed + 1n })],
    ["Bloom", () => ({ logsBloom: new Uint8Array(256).fill(1) })],
    ["UnknownParent", () => ({ parentHash: zeroHash })],
    ["Timestamp", (header) => ({ timestamp: header.timestamp - 1n })],
    ["BaseFee", (header) => ({ baseFeePerGas: header.baseFeePerGas + 1n })],
    ["Coinbase", () => ({ coinbase: alice.address })],
  ])("for its %s", async (code, changes) => {
    const [maker, checker] = [await open(), await open()];
    const { block } = await maker.build([pay(0n)]);
    const bad = createBlock(reseal(block.header, changes(block.header)), block.transactions);
    expect(await checker.executor.executeBlock(bad)).toMatchObject({ ok: false, rejection: { code } });
    // Nothing of it is left: the good block still runs.
    expect((await checker.executor.executeBlock(block)).ok).toBe(true);
  });

  it("for a transaction above the limits of every block", async () => {
    const chain = await open();
    const huge = sign(alice, { nonce: 0n, to: bob.address, gasLimit: (1n << 24n) + 1n });
    expect((await chain.build([huge])).skipped[0]?.rejection.code).toBe("GasLimitTooHigh");
  });
});

describe("competing blocks", () => {
  it("stand side by side until one is final, which drops the other and what stands on it", async () => {
    const chain = await open();
    const left = await chain.build([pay(0n, 1n)]);
    const right = await chain.build([pay(0n, 2n)], { prevRandao: zeroHash });
    const onLeft = await chain.build([pay(1n, 10n)], { parent: left.block.hash });
    const onRight = await chain.build([pay(1n, 20n)], { parent: right.block.hash });
    const bobAt = (at: Hash) => (chain.executor.stateAt(at).account(bob.address)?.balance ?? 0n) - 10n ** 24n;
    expect([left, right, onLeft, onRight].map(({ block }) => bobAt(block.hash))).toEqual([1n, 2n, 11n, 22n]);

    const final = await chain.executor.finalize(right.block.hash);
    expect(final.map(({ block }) => block.hash)).toEqual([right.block.hash]);
    expect(bobAt(onRight.block.hash)).toBe(22n);
    expect(chain.executor.block(onRight.block.hash)).toBeDefined();
    expect(chain.executor.block(onLeft.block.hash)).toBeUndefined();
    expect(() => chain.executor.stateAt(left.block.hash)).toThrowError(/not known/);
    await expect(chain.executor.finalize(onLeft.block.hash)).rejects.toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });

    await chain.executor.finalize(onRight.block.hash);
    expect(chain.executor.finalHead.hash).toBe(onRight.block.hash);
    expect(await chain.executor.finalize(onRight.block.hash)).toEqual([]);
  });

  it("become final several at once, in one commit", async () => {
    const chain = await open();
    const one = await chain.build([pay(0n)]);
    const two = await chain.build([pay(1n)], { parent: one.block.hash });
    const three = await chain.build([pay(2n)], { parent: two.block.hash });
    const final = await chain.executor.finalize(three.block.hash);
    expect(final.map(({ block }) => block.header.number)).toEqual([1n, 2n, 3n]);
    expect(chain.store.blocks.head()?.hash).toBe(three.block.hash);
  });

  it("are forgotten when discarded, with what stands on them", async () => {
    const chain = await open();
    const one = await chain.build([pay(0n)]);
    const two = await chain.build([pay(1n)], { parent: one.block.hash });
    chain.executor.discard(one.block.hash);
    expect(chain.executor.block(two.block.hash)).toBeUndefined();
  });

  it("see the storage of their own branch, also below other layers", async () => {
    const chain = await open();
    const play = await deployPlayground(chain);
    const write = (nonce: bigint, value: bigint) =>
      sign(alice, { nonce, to: play, gasLimit: 100_000n, data: playgroundCall("write", 1n, value) });
    const left = await chain.build([write(1n, 5n)]);
    const right = await chain.build([write(1n, 6n)]);
    const onLeft = await chain.build([pay(2n)], { parent: left.block.hash });
    const read = async (at: Hash) => {
      const result = await chain.executor.call({ to: play, data: playgroundCall("slots", 1n) }, at);
      return result.kind === "success" ? bytesToBigint(result.returnData) : undefined;
    };
    expect(await read(onLeft.block.hash)).toBe(5n);
    expect(await read(right.block.hash)).toBe(6n);
    expect(await read(chain.executor.finalHead.hash)).toBe(0n);
  });
});

describe("history", () => {
  it("answers for every final block what the state was then", async () => {
    const chain = await open();
    const play = await deployPlayground(chain);
    const recorded: { number: bigint; balance: bigint | undefined; slot: string }[] = [];
    const key = `0x${"00".repeat(32)}` as Hash;
    for (let i = 0n; i < 6n; i++) {
      const write = playgroundCall("writeMany", i % 3n, 2n, i * 11n);
      await chain.extend([
        pay(2n * i + 1n, i),
        sign(alice, { nonce: 2n * i + 2n, to: play, gasLimit: 200_000n, data: write }),
      ]);
      const number = chain.executor.finalHead.number;
      const view = chain.executor.stateAt(number);
      recorded.push({ number, balance: view.account(bob.address)?.balance, slot: String(view.slot(play, key)) });
    }
    for (const { number, balance, slot } of recorded) {
      const view = chain.executor.stateAt(number);
      expect(view.account(bob.address)?.balance).toBe(balance);
      expect(String(view.slot(play, key))).toBe(slot);
    }
    expect(chain.executor.stateAt(0n).account(play)).toBeUndefined();
  });

  it("a view keeps showing its block while the head moves on", async () => {
    const chain = await open();
    const view = chain.executor.stateAt(chain.executor.finalHead.hash);
    const before = view.account(bob.address)?.balance;
    await chain.extend([pay(0n, 100n)]);
    await chain.extend([pay(1n, 100n)]);
    expect(view.account(bob.address)?.balance).toBe(before);
  });

  it("is refused below what is kept and above the head", async () => {
    const chain = await open();
    for (let i = 0n; i < 4n; i++) await chain.extend([pay(i)]);
    chain.store.state.pruneHistory(2n, 100);
    expect(chain.executor.stateAt(2n).account(bob.address)).toBeDefined();
    expect(() => chain.executor.stateAt(1n)).toThrowError(
      expect.objectContaining({ code: "KOMA_E_STATE_UNAVAILABLE" }),
    );
    expect(() => chain.executor.stateAt(5n)).toThrowError(expect.objectContaining({ code: "KOMA_E_BLOCK_UNKNOWN" }));
  });
});

describe("a rollback", () => {
  it("restores the exact state and lets another branch grow", async () => {
    const chain = await open();
    const play = await deployPlayground(chain);
    const act = (nonce: bigint, name: string, ...args: unknown[]) =>
      sign(alice, { nonce, to: play, gasLimit: 2_000_000n, data: playgroundCall(name, ...args) });
    const kept = await chain.extend([act(1n, "writeMany", 0n, 5n, 9n), act(2n, "create", 4n)]);
    const lost = await chain.extend([act(3n, "writeMany", 0n, 5n, 0n), act(4n, "create", 5n), pay(5n, 50n)]);
    const layer = await chain.build([pay(6n)]);

    await chain.executor.rollback(kept.block.header.number);

    expect(chain.executor.finalHead.hash).toBe(kept.block.hash);
    expect(chain.executor.block(layer.block.hash)).toBeUndefined();
    expect(chain.store.blocks.transaction(lost.block.transactions[0]?.hash as Hash)).toBeUndefined();
    const again = await chain.build([act(3n, "writeMany", 0n, 5n, 0n), act(4n, "create", 5n), pay(5n, 50n)]);
    expect(again.block.header.stateRoot).toBe(lost.block.header.stateRoot);
    await chain.executor.finalize(again.block.hash);
  });

  it("ends views of blocks that are no more", async () => {
    const chain = await open();
    await chain.extend([pay(0n)]);
    const view = chain.executor.stateAt(1n);
    await chain.executor.rollback(0n);
    await chain.extend([pay(0n, 3n)]);
    expect(() => view.account(bob.address)).toThrowError(expect.objectContaining({ code: "KOMA_E_STATE_UNAVAILABLE" }));
  });
});

describe("a restart", () => {
  it("rebuilds the same tries and goes on", async () => {
    const directory = directories.create();
    const first = await openTestChain({ directory });
    const play = await deployPlayground(first);
    const write = playgroundCall("writeMany", 0n, 10n, 3n);
    const last = await first.extend([sign(alice, { nonce: 1n, to: play, gasLimit: 500_000n, data: write })]);
    first.close();

    const second = await open({ directory });
    expect(second.executor.finalHead).toEqual({ number: 2n, hash: last.block.hash });
    const more = playgroundCall("writeMany", 5n, 10n, 4n);
    const built = await second.extend([sign(alice, { nonce: 2n, to: play, gasLimit: 500_000n, data: more })]);
    expect(built.receipts[0]?.status).toBe(1);
  });

  it("refuses the data of another genesis", async () => {
    const directory = directories.create();
    (await openTestChain({ directory })).close();
    const other = testGenesis({ [account("other").address]: { balance: 1n } });
    await expect(openTestChain({ directory, genesis: other })).rejects.toMatchObject({
      code: "KOMA_E_GENESIS_MISMATCH",
    });
  });
});

it("BLOCKHASH reaches through layers into final blocks", async () => {
  const chain = await open();
  const play = await deployPlayground(chain);
  const layer = await chain.build([pay(1n)]);
  const ancestor = (nonce: bigint, number: bigint) =>
    sign(alice, { nonce, to: play, gasLimit: 100_000n, data: playgroundCall("ancestor", number) });
  const top = await chain.build([ancestor(2n, 2n), ancestor(3n, 1n), ancestor(4n, 3n)], { parent: layer.block.hash });
  const read = async (number: bigint) => {
    const result = await chain.executor.call({ to: play, data: playgroundCall("slots", number) }, top.block.hash);
    return result.kind === "success" ? bytesToBigint(result.returnData) : undefined;
  };
  expect(await read(2n)).toBe(BigInt(layer.block.hash));
  expect(await read(1n)).toBe(BigInt(chain.store.state.hashOf(1n) ?? 0));
  expect(await read(3n)).toBe(0n);
  expect(randao(1n)).not.toBe(zeroHash);
});
