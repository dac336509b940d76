import { verifyMerkleProof } from "@ethereumjs/mpt";
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
import { accountKey, encodeAccount, encodeSlotValue, slotKey } from "../chain/index.ts";
import {
  type Address,
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  type Hash,
  hashToBytes,
  hexToBytes,
} from "../primitives/index.ts";
import type { Executor } from "./index.ts";

const directories = temporaryDirectories();
let chain: TestChain;
let play: Address;
let top: Hash;

beforeAll(async () => {
  chain = await openTestChain({
    directory: directories.create(),
    // The default time limit: a busy machine must not end what is not about time.
    executor: { concurrentCalls: 2 },
  });
  const built = await chain.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
  play = built.results[0]?.contractAddress as Address;
  const mint = sign(alice, {
    nonce: 1n,
    to: play,
    gasLimit: 200_000n,
    data: playgroundCall("mint", alice.address, 100n),
  });
  top = (await chain.extend([mint])).block.hash;
});

afterAll(() => {
  chain.close();
  directories.cleanUp();
});

const call = (name: string, ...args: readonly unknown[]) => ({
  from: alice.address,
  to: play,
  data: playgroundCall(name, ...args),
});
const word = (value: bigint) => `0x${value.toString(16).padStart(64, "0")}` as Hash;

/** Versioned hash, z, y, commitment and proof of go-ethereum's vector pointEvaluation1. */
const pointEvaluation = hexToBytes(
  "0x01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a18f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a",
);

describe("a call", () => {
  it("returns data, and changes nothing", async () => {
    const result = await chain.executor.call(call("transfer", bob.address, 5n), top);
    expect(result).toMatchObject({ kind: "success" });
    expect(result.kind === "success" && result.logs).toHaveLength(1);
    const after = await chain.executor.call(call("balanceOf", bob.address), top);
    expect(after.kind === "success" && bytesToBigint(after.returnData)).toBe(0n);
  });

  it("gives the reason of a revert", async () => {
    const result = await chain.executor.call(call("fail", 42n), top);
    const expected = playground().abi.encodeErrorResult("Custom", [42n]);
    expect(result.kind === "reverted" && bytesToHex(result.returnData)).toBe(expected);
  });

  it("is free without a price, whatever the sender owns, and then sees no base fee", async () => {
    const request = { ...call("environment"), from: account("poor").address };
    expect((await chain.executor.call(request, top)).kind).toBe("success");
    const paid = await chain.executor.call({ ...request, gasPrice: 10n ** 10n }, top);
    expect(paid).toMatchObject({ kind: "failed", error: expect.stringMatching(/^insufficient funds/) });
  });

  it("sees overridden balances, code and storage", async () => {
    const poor = account("poor").address;
    const free = { ...call("write", 1n, 2n), from: poor, value: 0n };
    const overridden = await chain.executor.call({ ...free, gasPrice: 10n ** 10n }, top, {
      [poor]: { balance: 10n ** 20n },
    });
    expect(overridden.kind).toBe("success");
    // SLOAD(1) returned as a word.
    const code = Uint8Array.from([0x60, 1, 0x54, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]);
    const stored = await chain.executor.call({ to: bob.address }, top, {
      [bob.address]: { code, stateDiff: { [word(1n)]: word(77n) } },
    });
    expect(stored.kind === "success" && bytesToBigint(stored.returnData)).toBe(77n);
    const replaced = await chain.executor.call(call("slots", 0n), top, { [play]: { state: {} } });
    expect(replaced.kind === "success" && bytesToBigint(replaced.returnData)).toBe(0n);
  });

  it("reaches the point evaluation precompile, which fails without taking the engine down", async () => {
    const to = "0x000000000000000000000000000000000000000a" as Address;
    const good = await chain.executor.call({ to, data: pointEvaluation }, top);
    expect(good.kind === "success" && good.returnData).toHaveLength(64);
    const bad = await chain.executor.call({ to, data: pointEvaluation.slice().fill(1, 150) }, top);
    expect(bad.kind).not.toBe("success");
    expect((await chain.executor.call({ to, data: pointEvaluation.subarray(1) }, top)).kind).toBe("failed");
  });

  it("can try a deployment", async () => {
    const result = await chain.executor.call({ from: alice.address, data: playground().bytecode }, top);
    expect(result.kind === "success" && result.contractAddress).toMatch(/^0x[0-9a-f]{40}$/);
  });

  it("is ended when it runs too long, without stopping the process meanwhile", async () => {
    const hurried = await openTestChain({ directory: directories.create(), executor: { callTimeoutMs: 100 } });
    const deployed = await hurried.extend([
      sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode }),
    ]);
    const at = deployed.block.hash;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const spinning = hurried.executor.call(call("sum", 10n ** 9n), at);
    await expect(spinning).rejects.toMatchObject({ code: "KOMA_E_CALL_TIMEOUT" });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(1);
    // The next call has a clean EVM.
    expect((await hurried.executor.call(call("nest", 1n), at)).kind).toBe("success");
    hurried.close();
  });

  it("runs beside a block being built", async () => {
    const work = sign(alice, { nonce: 2n, to: play, gasLimit: 5_000_000n, data: playgroundCall("sum", 10_000n) });
    const building = chain.build([work]);
    const calls = await Promise.all([1n, 2n, 3n, 4n].map((n) => chain.executor.call(call("sum", n), top)));
    expect(calls.map((result) => result.kind === "success" && bytesToBigint(result.returnData))).toEqual([
      0n,
      1n,
      5n,
      14n,
    ]);
    expect((await building).receipts[0]?.status).toBe(1);
  });
});

it("a call may pretend to run in another block", async () => {
  // NUMBER, TIMESTAMP, COINBASE, BASEFEE and GASLIMIT, one word each.
  const code = hexToBytes("0x436000524260205241604052486060524560805260a06000f3");
  const block = { number: 7n, timestamp: 8n, coinbase: bob.address, baseFeePerGas: 9n, gasLimit: 10_000_000n };
  const request = { to: alice.address, gasPrice: 9n, from: bob.address, gas: 100_000n };
  const job = { kind: "call", request, overrides: { [alice.address]: { code } }, block } as const;
  const result = await chain.executor.answer(job, top);
  const words = result.kind === "success" ? bytesToHex(result.returnData).slice(2).match(/.{64}/g) : [];
  expect(words?.map((each) => BigInt(`0x${each}`))).toEqual([7n, 8n, BigInt(bob.address), 9n, 10_000_000n]);
});

describe("an estimate", () => {
  it("of a transfer is exact", async () => {
    const estimate = await chain.executor.answer(
      { kind: "estimateGas", request: { from: alice.address, to: bob.address, value: 1n } },
      top,
    );
    expect(estimate).toEqual({ kind: "success", gas: 21_000n });
  });

  it.each([
    ["a token transfer", () => call("transfer", bob.address, 1n)],
    ["calls in calls, which may pass on only 63/64", () => call("nest", 30n)],
    ["clearing, whose refund comes too late to pay for it", () => call("writeMany", 0n, 3n, 0n)],
    ["a deployment", () => ({ from: alice.address, data: playground().bytecode })],
  ])("of %s is enough, and little more than needed", async (_, request) => {
    const estimate = await chain.executor.answer({ kind: "estimateGas", request: request() }, top);
    const gas = estimate.kind === "success" ? estimate.gas : 0n;
    expect((await chain.executor.call({ ...request(), gas }, top)).kind).toBe("success");
    expect((await chain.executor.call({ ...request(), gas: (gas * 95n) / 100n }, top)).kind).not.toBe("success");
  });

  it("gives the reason when nothing is enough", async () => {
    expect((await chain.executor.answer({ kind: "estimateGas", request: call("fail", 1n) }, top)).kind).toBe(
      "reverted",
    );
  });

  it("stays within what the sender can pay", async () => {
    const poor = account("poor").address;
    const request = { ...call("nest", 3n), from: poor, gasPrice: 10n ** 9n };
    expect((await chain.executor.answer({ kind: "estimateGas", request: request }, top)).kind).toBe("failed");
  });
});

it("an access list names what the call touches, and warms it", async () => {
  const request = call("transfer", bob.address, 1n);
  const result = await chain.executor.answer({ kind: "createAccessList", request: request }, top);
  const list = result.kind === "success" ? result.accessList : [];
  expect(list.map(({ address }) => address)).toEqual([play]);
  expect(list[0]?.storageKeys).toHaveLength(2);
});

it("an access list of a message that fails says so, and what it touched until then", async () => {
  const request = call("fail", 7n);
  const result = await chain.executor.answer({ kind: "createAccessList", request }, top);
  expect(result).toMatchObject({ kind: "success", error: "execution reverted", accessList: [{ address: play }] });
});

describe("a proof", () => {
  async function check(executor: Executor, at: Hash | bigint, address: Address, key: Hash) {
    const root = executor.headerAt(at).stateRoot;
    const proof = await executor.prove(address, [key], at);
    const view = executor.stateAt(at);
    const stored = view.account(address);
    const found = await verifyMerkleProof(accountKey(address), [...proof.accountProof], {
      root: hashToBytes(root),
      useKeyHashing: false,
    });
    expect(found ?? undefined).toEqual(stored && encodeAccount(stored));
    const slot = proof.storageProof[0];
    expect(slot?.value).toBe(bytesToBigint(view.slot(address, key)));
    if (slot && slot.proof.length > 0) {
      const value = await verifyMerkleProof(slotKey(key), [...slot.proof], {
        root: hashToBytes(proof.storageHash),
        useKeyHashing: false,
      });
      expect(value ?? undefined).toEqual(slot.value === 0n ? undefined : encodeSlotValue(bigintToBytes(slot.value)));
    }
  }

  it("holds for layers, the final head and older blocks, for what exists and what does not", async () => {
    const proving = await openTestChain({ directory: directories.create() });
    try {
      const write = (nonce: bigint, first: bigint, value: bigint) =>
        sign(alice, { nonce, to: play, gasLimit: 500_000n, data: playgroundCall("writeMany", first, 4n, value) });
      await proving.extend([sign(alice, { nonce: 0n, gasLimit: 5_000_000n, data: playground().bytecode })]);
      await proving.extend([write(1n, 0n, 5n)]);
      await proving.extend([write(2n, 2n, 6n), sign(bob, { nonce: 0n, to: account("new").address, value: 9n })]);
      await proving.extend([write(3n, 0n, 0n)]);
      const layer = await proving.build([write(4n, 8n, 8n)]);
      // Slot of slots[2]: keccak256(2 ‖ 0).
      const key = "0xabbb5caa7dda850e60932de0934eb1f9d0f59695050f761dc64e443e5030a569" as Hash;
      for (const number of [0n, 1n, 2n, 3n, 4n]) {
        for (const address of [alice.address, bob.address, play, account("new").address, account("never").address]) {
          await check(proving.executor, number, address, key);
        }
      }
      await check(proving.executor, layer.block.hash, play, key);
      expect((await proving.executor.prove(play, [key], 2n)).storageProof[0]?.value).toBe(5n);
      expect((await proving.executor.prove(play, [key], 3n)).storageProof[0]?.value).toBe(6n);
    } finally {
      proving.close();
    }
  });
});
