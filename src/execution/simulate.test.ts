import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  alice,
  bob,
  openTestChain,
  sign,
  type TestChain,
  temporaryDirectories,
} from "../../test/support/chain-fixture.ts";
import { playground, playgroundCall } from "../../test/support/playground.ts";
import type { SimulatedBlock } from "../chain/index.ts";
import { type Address, bytesToBigint, bytesToHex, type Hash, hashToBytes, hexToBytes } from "../primitives/index.ts";
import type { BuiltBlock } from "./index.ts";
import type { SimulationRequest } from "./simulate.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let play: Address;
let before: BuiltBlock;
let real: BuiltBlock;

beforeAll(async () => {
  chain = await openTestChain({ directory: directories.create(), executor: { callGasLimit: 3_000_000n } });
  before = await chain.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
  play = before.results[0]?.contractAddress as Address;
  const gasLimit = 1_000_000n;
  real = await chain.extend([
    sign(alice, { nonce: 1n, to: play, gasLimit, data: playgroundCall("mint", alice.address, 50n) }),
    sign(alice, { nonce: 2n, to: bob.address, value: 5n }),
    sign(alice, { nonce: 3n, to: play, gasLimit, data: playgroundCall("transfer", bob.address, 20n) }),
    sign(bob, { nonce: 0n, to: play, gasLimit, data: playgroundCall("fail", 7n) }),
    sign(alice, { nonce: 4n, to: play, gasLimit, value: 9n, data: playgroundCall("create", 3n) }),
    sign(alice, { nonce: 5n, to: play, gasLimit: 60_000n, data: playgroundCall("spin") }),
    sign(bob, { nonce: 1n, to: play, gasLimit, data: playgroundCall("ancestor", 1n) }),
  ]);
});
afterAll(() => {
  chain.close();
  directories.cleanUp();
});

const rich = account("rich").address;
const stranger = `0x${"5e".repeat(20)}` as Address;
const coin = `0x${"e".repeat(40)}` as Address;

function simulate(
  blocks: SimulationRequest["blocks"],
  changes: Partial<Omit<SimulationRequest, "blocks">> = {},
  at: Hash = real.block.hash,
): Promise<readonly SimulatedBlock[]> {
  const defaults = { validation: false, traceTransfers: false, blockSeconds: 1n, maxBytes: 1_000_000 };
  return chain.executor.answer({ kind: "simulate", blocks, ...defaults, ...changes }, at);
}

const refusal = (code: string) => ({ code: `KOMA_E_SIMULATION_${code}` });
const call = (name: string, ...args: readonly unknown[]) => ({
  from: alice.address,
  to: play,
  data: playgroundCall(name, ...args),
});
const pay = (from: Address, to: Address, value: bigint) => ({ from, to, value });

describe("a simulated block", () => {
  it("does what the same block did in truth", async () => {
    const { header, transactions } = real.block;
    const { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas } = header;
    const calls = transactions.map(({ sender, gasLimit: gas, ...tx }) => ({
      from: sender,
      gas,
      nonce: tx.nonce,
      value: tx.value,
      data: tx.data,
      maxFeePerGas: tx.maxFeePerGas,
      maxPriorityFeePerGas: tx.maxPriorityFeePerGas,
      ...(tx.to ? { to: tx.to } : {}),
    }));
    const block = { number, timestamp, coinbase, prevRandao, gasLimit, baseFeePerGas };
    const [simulated] = await simulate([{ block, calls }], { validation: true }, before.block.hash);
    // Receipts tell status, gas and logs of every transaction.
    expect(simulated?.block.header).toMatchObject({
      receiptsRoot: header.receiptsRoot,
      gasUsed: header.gasUsed,
      logsBloom: header.logsBloom,
      parentHash: header.parentHash,
    });
    expect(simulated?.calls.map(({ failure }) => failure?.kind)).toEqual(
      real.receipts.map(({ status }, index) => (status === 1 ? undefined : index === 3 ? "reverted" : "failed")),
    );
  });

  it("takes the base fee that a real one would have, when its calls are to be checked", async () => {
    const next = await chain.build([]);
    const [checked] = await simulate([{ calls: [] }], { validation: true });
    expect(checked?.block.header.baseFeePerGas).toBe(next.block.header.baseFeePerGas);
    const [free] = await simulate([{ calls: [] }]);
    expect(free?.block.header.baseFeePerGas).toBe(0n);
  });

  it("stands on the last one, with what that changed and its hash", async () => {
    const number = real.block.header.number + 1n;
    const [first, second, third] = await simulate([
      { calls: [call("write", 61n, 77n)] },
      { calls: [call("slots", 61n), call("ancestor", number)] },
      { calls: [call("slots", number)] },
    ]);
    expect(bytesToBigint(second?.calls[0]?.returnData as Uint8Array)).toBe(77n);
    expect(second?.block.header.parentHash).toBe(first?.block.hash);
    expect(bytesToHex(third?.calls[0]?.returnData as Uint8Array)).toBe(first?.block.hash);
    // Nothing of it is left.
    const after = await chain.executor.call(call("slots", 61n), real.block.hash);
    expect(after.kind === "success" && bytesToBigint(after.returnData)).toBe(0n);
  });

  it("fills a gap of numbers with empty blocks, and counts time on", async () => {
    const base = real.block.header;
    const blocks = await simulate(
      [
        { calls: [] },
        { block: { number: base.number + 4n }, calls: [] },
        { block: { timestamp: base.timestamp + 99n }, calls: [] },
      ],
      { blockSeconds: 3n },
    );
    expect(blocks.map(({ block }) => block.header.number - base.number)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(blocks.map(({ block }) => block.header.timestamp - base.timestamp)).toEqual([3n, 6n, 9n, 12n, 99n]);
    for (const [index, { block }] of blocks.slice(1).entries()) {
      expect(block.header.parentHash).toBe(blocks[index]?.block.hash);
    }
  });

  it("tells contracts what its overrides say", async () => {
    const block = {
      coinbase: stranger,
      prevRandao: `0x${"7".repeat(64)}` as Hash,
      gasLimit: 1_234_567n,
      baseFeePerGas: 8n,
    };
    const [, read] = await simulate([
      { block, calls: [{ ...call("environment"), maxFeePerGas: 9n, maxPriorityFeePerGas: 1n }] },
      { calls: [2n, 3n, 4n, 5n, 9n].map((slot) => call("slots", slot)) },
    ]);
    const words = read?.calls.map(({ returnData }) => bytesToBigint(returnData));
    expect(words).toEqual([8n, bytesToBigint(hashToBytes(block.prevRandao)), 1_234_567n, BigInt(stranger), 9n]);
  });

  it("changes accounts before its first call, contracts may send, and calls without a fee are free", async () => {
    const code = Uint8Array.of(0x60, 1, 0x54, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3); // SLOAD(1), returned
    const slot = `0x${"1".padStart(64, "0")}` as Hash;
    const value = `0x${"4d".padStart(64, "0")}` as Hash;
    const overrides = { [stranger]: { code, balance: 10n, stateDiff: { [slot]: value } } };
    const [simulated] = await simulate([
      { overrides, calls: [{ from: rich, to: stranger }, pay(stranger, rich, 10n), pay(rich, stranger, 4n)] },
    ]);
    expect(bytesToBigint(simulated?.calls[0]?.returnData as Uint8Array)).toBe(77n);
    expect(simulated?.calls.every(({ failure }) => failure === undefined)).toBe(true);
    expect(simulated?.block.transactions.map(({ nonce }) => nonce)).toEqual([0n, 0n, 1n]);
  });
});

describe("transfers of the coin", () => {
  const overrides = { [rich]: { balance: 100n } };
  const shape = ({ calls }: SimulatedBlock) =>
    calls.map(({ logs }) =>
      logs.map(({ address, topics, data }) =>
        address === coin ? [topics[1]?.slice(-40), topics[2]?.slice(-40), bytesToBigint(data)] : address,
      ),
    );
  const short = (address: Address) => address.slice(2);

  it("are logs among the others, in their order, and in no bloom", async () => {
    const calls = [
      pay(rich, stranger, 3n),
      { ...call("create", 3n), from: rich, value: 9n },
      { ...call("callRaw", stranger, 2n, "0x"), from: rich, value: 2n },
      call("mint", stranger, 1n),
    ];
    const funded = { ...overrides, [play]: { balance: 5n } };
    const [simulated] = await simulate([{ overrides: funded, calls }], { traceTransfers: true });
    const [created] = (simulated?.calls[1]?.logs ?? []).slice(1);
    expect(shape(simulated as SimulatedBlock)).toEqual([
      [[short(rich), short(stranger), 3n]],
      [
        [short(rich), short(play), 9n],
        [short(play), created?.topics[2]?.slice(-40), 9n],
      ],
      [],
      [play],
    ]);
    const [plain] = await simulate([{ overrides: funded, calls }]);
    expect(plain?.calls.map(({ logs }) => logs.length)).toEqual([0, 0, 0, 1]);
    expect(plain?.block.header).toEqual(simulated?.block.header);
  });

  it("are told of what a destroyed contract held, and not of what failed", async () => {
    const die = hexToBytes(`0x73${short(stranger)}ff`);
    const victim = `0x${"dd".repeat(20)}` as Address;
    const all = { ...overrides, [victim]: { code: die, balance: 6n } };
    const [simulated] = await simulate(
      [
        {
          overrides: all,
          calls: [
            { from: rich, to: victim },
            { ...call("fail", 1n), from: rich },
          ],
        },
      ],
      { traceTransfers: true },
    );
    expect(shape(simulated as SimulatedBlock)).toEqual([[[short(victim), short(stranger), 6n]], []]);
    expect(simulated?.calls[1]?.failure).toEqual({ kind: "reverted" });
  });
});

describe("a simulation is refused", () => {
  const base = () => real.block.header;

  it("whose blocks do not follow each other", async () => {
    const { number, timestamp } = base();
    const block = (block: SimulationRequest["blocks"][number]["block"]) => ({ ...(block ? { block } : {}), calls: [] });
    await expect(simulate([block({ number })])).rejects.toMatchObject(refusal("NUMBER"));
    await expect(simulate([block({ timestamp })])).rejects.toMatchObject(refusal("TIME"));
    await expect(simulate([block({ number: number + 257n })])).rejects.toMatchObject(refusal("LIMIT"));
    expect(await simulate([block({ number: number + 256n })])).toHaveLength(256);
  });

  it.each([
    { why: "a nonce of the past", code: "NONCE_LOW", change: { nonce: 0n } },
    { why: "a nonce of the future", code: "NONCE_HIGH", change: { nonce: 99n } },
    { why: "too small a fee", code: "FEE", change: { maxFeePerGas: 1n } },
    { why: "no fee", code: "FEE", change: { maxFeePerGas: 0n } },
    { why: "more gas than the block has", code: "BLOCK_GAS", change: { gas: 30_000_001n } },
    { why: "more gas than a transaction may have", code: "LIMIT", change: { gas: 20_000_000n } },
  ])("for $why, when calls are to be checked", async ({ code, change }) => {
    const checked = { ...pay(alice.address, bob.address, 1n), maxFeePerGas: 10n ** 10n, ...change };
    await expect(simulate([{ calls: [checked] }], { validation: true })).rejects.toMatchObject({
      ...refusal(code),
      detail: { facts: { block: 0, call: 0 } },
    });
  });

  it.each([
    { why: "too little gas to begin", code: "INTRINSIC_GAS", change: { gas: 20_999n } },
    { why: "too little money", code: "FUNDS", change: { from: stranger } },
    { why: "initcode beyond the limit", code: "INITCODE", change: { to: undefined, data: new Uint8Array(49_153) } },
  ])("for $why, always", async ({ code, change }) => {
    const { to, ...request } = { ...pay(alice.address, bob.address, 1n), ...change };
    await expect(simulate([{ calls: [{ ...request, ...(to ? { to } : {}) }] }])).rejects.toMatchObject(refusal(code));
  });

  it("that uses more gas than one call may, all its blocks together, or grows too large", async () => {
    const spin = { calls: [{ ...call("spin"), gas: 1_600_000n }] };
    expect(await simulate([spin])).toMatchObject([{ calls: [{ failure: { kind: "failed", reason: "out of gas" } }] }]);
    await expect(simulate([spin, spin, spin])).rejects.toMatchObject(refusal("LIMIT"));
    const many = { calls: Array.from({ length: 20 }, () => call("mint", stranger, 1n)) };
    await expect(simulate([many], { maxBytes: 20_000 })).rejects.toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
  });
});
