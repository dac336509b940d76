import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  carol,
  openTestChain,
  producer,
  sign,
  type TestChain,
  temporaryDirectories,
  testChainId,
  testGenesis,
} from "../../test/support/chain-fixture.ts";
import { type Block, type BlockHeader, createBlock, sealHeader, type Transaction } from "../chain/index.ts";
import {
  type Address,
  bytesToBigint,
  concatBytes,
  type Hash,
  hexToBytes,
  wordOf,
  zeroHash,
} from "../primitives/index.ts";
import type { BuiltBlock } from "./index.ts";

/** Stores calldata word 1 in the slot named by calldata word 0. */
const keeper = "0x00000000000000000000000000000000000c0de5" as Address;
/** Stores the hash of the block whose number is calldata word 0, in the slot of that number. */
const archivist = "0x00000000000000000000000000000000000c0de6" as Address;
/** Stores calldata word 2 in the slots from word 0 up to word 1, exclusive. */
const filler = "0x00000000000000000000000000000000000c0de8" as Address;
/** Runs until its gas is gone. */
const spinner = "0x00000000000000000000000000000000000c0de7" as Address;
const genesis = testGenesis({
  [keeper]: { balance: 0n, code: hexToBytes("0x6020355f355500") },
  [archivist]: { balance: 0n, code: hexToBytes("0x5f35405f355500") },
  [filler]: { balance: 0n, code: hexToBytes("0x5f355b80602035111560175760403581556001016002565b00") },
  // Multiplies a point of a curve until its gas is used up: 3 to 4 ms for 6,000.
  [spinner]: { balance: 0n, code: hexToBytes("0x600160005260026020525f196040525b6040608060605f60075afa50600f56") },
});

const directories = temporaryDirectories();
const opened: TestChain[] = [];

async function open(executor: { readonly sideLayers?: number } = {}): Promise<TestChain> {
  const chain = await openTestChain({ directory: directories.create(), genesis, executor });
  opened.push(chain);
  return chain;
}

afterEach(() => {
  for (const chain of opened.splice(0)) chain.close();
  directories.cleanUp();
});

const pay = (nonce: bigint, value = 1n) => sign(alice, { nonce, to: bob.address, value });
const call = (from: typeof alice, nonce: bigint, to: Address, ...words: readonly bigint[]) =>
  sign(from, { nonce, to, gasLimit: 100_000n, data: concatBytes(...words.map((word) => wordOf(word))) });
const receiver = (i: number) => `0x${(i + 1).toString(16).padStart(40, "5")}` as Address;
const key = (slot: bigint) => `0x${slot.toString(16).padStart(64, "0")}` as Hash;

function reseal(block: Block, changes: Partial<BlockHeader>): Block {
  const header = { ...block.header, extraData: new Uint8Array(0), ...changes };
  return createBlock(sealHeader(header, testChainId, producer.key), block.transactions);
}

describe("a block that comes late", () => {
  //  genesis ── a1 ── a2 ── a3      final at the node that is asked
  //         \    \
  //          \    c2
  //           b1 ── b2 ── b3
  let maker: TestChain;
  let node: TestChain;
  let b: readonly BuiltBlock[];
  let c2: BuiltBlock;
  beforeEach(async () => {
    [maker, node] = [await open(), await open()];
    const branch = async (parent: Hash | undefined, seed: Hash, blocks: readonly (readonly Transaction[])[]) => {
      const built: BuiltBlock[] = [];
      for (const transactions of blocks) {
        const on = built.at(-1)?.block.hash ?? parent;
        built.push(await maker.build(transactions, { prevRandao: seed, ...(on ? { parent: on } : {}) }));
      }
      return built;
    };
    const a = await branch(undefined, key(10n), [
      [pay(0n, 5n), call(bob, 0n, keeper, 1n, 100n), call(bob, 1n, keeper, 2n, 100n)],
      [pay(1n, 5n), call(bob, 2n, keeper, 1n, 0n), call(bob, 3n, keeper, 3n, 100n)],
      [call(carol, 0n, keeper, 2n, 101n)],
    ]);
    b = await branch(undefined, key(11n), [
      [pay(0n, 7n), call(bob, 0n, keeper, 1n, 200n)],
      [call(bob, 1n, keeper, 2n, 200n), call(bob, 2n, archivist, 0n), call(bob, 3n, archivist, 1n)],
      [call(bob, 4n, keeper, 1n, 0n), call(bob, 5n, keeper, 2n, 201n), pay(1n)],
    ]);
    [c2] = (await branch(a[0]?.block.hash, key(12n), [
      [call(bob, 2n, keeper, 2n, 0n), call(bob, 3n, keeper, 4n, 300n)],
    ])) as [BuiltBlock];
    for (const { block } of a) expect((await node.executor.executeBlock(block)).ok).toBe(true);
    await node.executor.finalize(a[2]?.block.hash as Hash);
  });

  const onNode = (built: BuiltBlock | undefined) => node.executor.executeBlock((built as BuiltBlock).block);
  const hashOf = (built: BuiltBlock | undefined) => (built as BuiltBlock).block.hash;

  it("is run on the state after its parent, and so are those on top of it", async () => {
    for (const built of [...b, c2]) {
      const { block, receipts, results, diff } = built;
      expect(await onNode(built)).toEqual({ ok: true, value: { block, receipts, results, diff } });
    }
    expect(node.executor.stateAt(3n).slot(keeper, key(2n))).toEqual(Uint8Array.of(101));
  });

  it("sees the hashes of its own branch", async () => {
    await onNode(b[0]);
    const executed = await onNode(b[1]);
    const slots = executed.ok ? executed.value.diff.storage.get(archivist)?.slots : undefined;
    expect(bytesToBigint(slots?.get(key(0n)) ?? new Uint8Array(0))).toBe(BigInt(node.store.state.hashOf(0n) ?? 0));
    expect(bytesToBigint(slots?.get(key(1n)) ?? new Uint8Array(0))).toBe(BigInt(hashOf(b[0])));
  });

  it("needs its parent", async () => {
    expect(await onNode(b[1])).toMatchObject({ ok: false, rejection: { code: "UnknownParent" } });
    expect(node.executor.canExecuteOn(hashOf(b[0]))).toBe(false);
    await onNode(b[0]);
    expect(node.executor.canExecuteOn(hashOf(b[0]))).toBe(true);
    expect((await onNode(b[1])).ok).toBe(true);
  });

  it.each<[string, Partial<BlockHeader>]>([
    ["StateRoot", { stateRoot: zeroHash }],
    ["ReceiptsRoot", { receiptsRoot: zeroHash }],
    ["GasUsed", { gasUsed: 21_000n }],
    ["Bloom", { logsBloom: new Uint8Array(256).fill(1) }],
    ["TransactionsRoot", { transactionsRoot: zeroHash }],
    ["Timestamp", { timestamp: 1n }],
    ["Coinbase", { coinbase: alice.address }],
  ])("is refused for its %s, on a final block and on another late one", async (code, changes) => {
    await onNode(b[0]);
    for (const late of [c2, b[1]]) {
      const bad = reseal((late as BuiltBlock).block, changes);
      expect(await node.executor.executeBlock(bad)).toMatchObject({ ok: false, rejection: { code } });
      // Nothing of it is left.
      expect(node.executor.canExecuteOn(bad.hash)).toBe(false);
      expect((await onNode(late)).ok).toBe(true);
    }
  });

  it("is refused for a transaction that only fits the head", async () => {
    const made = await maker.build([], { prevRandao: key(13n), parent: hashOf(c2) });
    const header = { ...made.block.header, parentHash: node.store.state.hashOf(1n) as Hash, number: 2n };
    const bad = reseal(createBlock(header, [pay(2n)]), { baseFeePerGas: c2.block.header.baseFeePerGas });
    const sealed = reseal(bad, { transactionsRoot: (await maker.build([pay(0n)])).block.header.transactionsRoot });
    const fits = createBlock(sealed.header, [pay(0n)]);
    expect(await node.executor.executeBlock(fits)).toMatchObject({
      ok: false,
      rejection: { code: "Transaction", index: 0, rejection: { code: "NonceMismatch" } },
    });
  });

  it("answers no questions, is not built on, and never becomes final", async () => {
    await onNode(b[0]);
    const late = hashOf(b[0]);
    expect(node.executor.block(late)).toBeUndefined();
    expect(() => node.executor.stateAt(late)).toThrowError(expect.objectContaining({ code: "KOMA_E_BLOCK_UNKNOWN" }));
    const { timestamp, coinbase, prevRandao, gasLimit } = c2.block.header;
    const parameters = { timestamp, coinbase, prevRandao, gasLimit, transactions: [], systemTransactions: [] };
    const seal = (header: BlockHeader) => sealHeader(header, testChainId, producer.key);
    await expect(node.executor.buildBlock({ ...parameters, parent: late, seal })).rejects.toMatchObject({
      code: "KOMA_E_BLOCK_UNKNOWN",
    });
    await expect(node.executor.finalize(late)).rejects.toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
  });

  it("may stand on one that was executed before another one of its height was final", async () => {
    const early = await open();
    await early.executor.executeBlock((b[0] as BuiltBlock).block);
    await early.executor.executeBlock((b[1] as BuiltBlock).block);
    for (let number = 1n; number <= 3n; number++) {
      await early.executor.executeBlock(node.store.blocks.block(node.store.state.hashOf(number) as Hash) as Block);
    }
    await early.executor.executeBlock(c2.block);
    await early.executor.finalize(node.executor.finalHead.hash);
    const d3 = await maker.build([call(bob, 4n, keeper, 4n, 0n)], { parent: hashOf(c2) });
    for (const { block, diff } of [b[2] as BuiltBlock, d3]) {
      expect(await early.executor.executeBlock(block)).toMatchObject({ ok: true, value: { diff } });
    }
  });

  it("is run although the head moves on while it waits, and may be asked for again", async () => {
    const late = [...b, c2].map((built) => onNode(built));
    const next = await node.build([call(carol, 1n, keeper, 1n, 9n)]);
    await node.executor.finalize(next.block.hash);
    expect((await Promise.all(late)).map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect((await onNode(b[0])).ok).toBe(true);
    expect((await onNode(b[2])).ok).toBe(true);
  });

  it("may be final already", async () => {
    const final = node.store.blocks.block(node.store.state.hashOf(2n) as Hash) as Block;
    expect((await node.executor.executeBlock(final)).ok).toBe(true);
  });

  it("is forgotten with what stands on it when it is discarded, and with all others after a rollback", async () => {
    for (const built of [...b, c2]) await onNode(built);
    node.executor.discard(hashOf(b[1]));
    expect([...b, c2].map((built) => node.executor.canExecuteOn(hashOf(built)))).toEqual([true, false, false, true]);
    await node.executor.rollback(2n);
    expect([...b, c2].map((built) => node.executor.canExecuteOn(hashOf(built)))).toEqual([false, false, false, false]);
    for (const built of [...b, c2]) expect((await onNode(built)).ok).toBe(true);
    await node.executor.rollback(0n);
    // Its parent is the head again: it stands above it now, like any other.
    expect((await onNode(b[0])).ok).toBe(true);
    await node.executor.finalize(hashOf(b[0]));
    expect(await onNode(c2)).toMatchObject({ ok: false, rejection: { code: "UnknownParent" } });
  });

  it("gets no verdict when the state after its parent was given up", async () => {
    node.store.state.pruneHistory(2n, 10);
    await expect(onNode(c2)).rejects.toMatchObject({ code: "KOMA_E_STATE_UNAVAILABLE" });
  });
});

describe("much has changed since the parent of a late block, in accounts and in slots", () => {
  //  genesis ── first ── a2 ── a3     final at `node`
  //                 \── late
  let maker: TestChain;
  let node: TestChain;
  let a: readonly BuiltBlock[];
  let late: BuiltBlock;
  const fill = (nonce: bigint, value: bigint) =>
    sign(carol, {
      nonce,
      to: filler,
      gasLimit: 9_000_000n,
      data: concatBytes(wordOf(0n), wordOf(300n), wordOf(value)),
    });
  const pays = (first: number) =>
    Array.from({ length: 150 }, (_, i) =>
      sign(alice, { nonce: BigInt(first + i), to: receiver(first + i), value: 1n }),
    );
  beforeEach(async () => {
    [maker, node] = [await open(), await open()];
    const first = await node.extend([fill(0n, 1n), ...pays(0)]);
    a = [await node.extend([fill(1n, 2n), ...pays(150)]), await node.extend([fill(2n, 0n), ...pays(300)])];
    await maker.executor.executeBlock(first.block);
    late = await maker.build([call(bob, 0n, filler, 3n, 5n, 7n), fill(1n, 3n)], { parent: first.block.hash });
  });

  it("and it is run all the same", async () => {
    expect(late.receipts.map(({ status }) => status)).toEqual([1, 1]);
    const executed = await node.executor.executeBlock(late.block);
    expect(executed.ok && executed.value.diff).toEqual(late.diff);
    const onLate = await maker.build([call(bob, 1n, filler, 0n, 1n, 0n)], { parent: late.block.hash });
    expect((await node.executor.executeBlock(onLate.block)).ok).toBe(true);
    expect(node.executor.stateAt(3n).slot(filler, key(4n))).toHaveLength(0);
  });

  it("and a rollback at any moment of its run leads to no wrong verdict", async () => {
    const outcomes = new Set<unknown>();
    for (let turns = 0; turns < 8; turns++) {
      const verdict = node.executor.executeBlock(late.block).then(
        ({ ok }) => ok,
        (error) => error.code,
      );
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      await node.executor.rollback(1n);
      outcomes.add(await verdict);
      for (const { block } of a) await node.executor.executeBlock(block);
      await node.executor.finalize((a[1] as BuiltBlock).block.hash);
    }
    for (const outcome of outcomes) expect([true, "KOMA_E_STATE_UNAVAILABLE"]).toContain(outcome);
    expect((await node.executor.executeBlock(late.block)).ok).toBe(true);
  });
});

describe("blocks beside the final chain", () => {
  /** A node whose chain is final up to block 2, and a branch of `length` blocks that starts from its genesis. */
  async function branched(length: number, sideLayers: number) {
    const [maker, node] = [await open(), await open({ sideLayers })];
    for (let i = 0n; i < 2n; i++) await node.extend([pay(i)]);
    const branch: Block[] = [];
    for (let i = 0; i < length; i++) {
      const parent = branch.at(-1)?.hash;
      const { block } = await maker.build([pay(BigInt(i), 9n)], parent ? { parent } : {});
      branch.push(block);
    }
    return { maker, node, branch };
  }

  it("are kept up to a limit: the oldest goes first, and can be run again", async () => {
    const { maker, node, branch } = await branched(2, 3);
    const [one, two] = branch as [Block, Block];
    const others: Block[] = [];
    for (let i = 0n; i < 3n; i++) others.push((await maker.build([], { prevRandao: key(i) })).block);
    for (const block of [one, two, ...others.slice(0, 2)]) await node.executor.executeBlock(block);
    expect([one, two, ...others].map(({ hash }) => node.executor.canExecuteOn(hash))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    for (const block of [one, two]) expect((await node.executor.executeBlock(block)).ok).toBe(true);
    expect(node.executor.canExecuteOn(two.hash)).toBe(true);
  });

  it("get no verdict at the end of a chain that is longer than that", async () => {
    const { node, branch } = await branched(4, 3);
    for (const block of branch.slice(0, 3)) expect((await node.executor.executeBlock(block)).ok).toBe(true);
    await expect(node.executor.executeBlock(branch[3] as Block)).rejects.toMatchObject({
      code: "KOMA_E_SIDE_CHAIN_TOO_LONG",
    });
    expect(node.executor.canExecuteOn((branch[2] as Block).hash)).toBe(true);
  });

  /** A node with one final block, and a late one that takes it some 100 ms. */
  async function busy() {
    const [maker, node] = [await open(), await open()];
    const spin = sign(carol, { nonce: 0n, to: spinner, gasLimit: 300_000n });
    const heavy = (await maker.build([spin])).block;
    await node.extend([pay(0n)]);
    return { node, heavy };
  }

  /** Long enough for work on a late block to have begun, far from its end. */
  async function begun(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  it("get no verdict when blocks are taken back meanwhile", async () => {
    const { node, heavy } = await busy();
    const late = node.executor.executeBlock(heavy);
    const refused = expect(late).rejects.toMatchObject({ code: "KOMA_E_STATE_UNAVAILABLE" });
    await begun();
    await node.executor.rollback(0n);
    await refused;
    expect((await node.executor.executeBlock(heavy)).ok).toBe(true);
    await node.executor.finalize(heavy.hash);
  });

  it("wait for the head's blocks, also when they came first and have begun", async () => {
    const { node, heavy } = await busy();
    const next = await node.build([pay(1n)]);
    node.executor.discard(next.block.hash);

    const order: string[] = [];
    const late = node.executor.executeBlock(heavy).then(({ ok }) => order.push(`late ${ok}`));
    await begun();
    const head = node.executor.executeBlock(next.block).then(({ ok }) => order.push(`head ${ok}`));
    await Promise.all([late, head]);
    expect(order).toEqual(["head true", "late true"]);
  });
});
