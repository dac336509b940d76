import { Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EnvironmentError } from "../../src/errors.ts";
import { type Address, addressOfKey, bytesToHex } from "../../src/primitives/index.ts";
import { createTransactionSender, type RootRpc, RootRpcError } from "../../src/rootchain/index.ts";
import { type Anvil, key, startAnvil } from "./anvil.ts";

const target = "0x00000000000000000000000000000000000000aa" as Address;
const pay = (value: bigint) => ({ action: "pay", to: target, data: "0x" as const, value });

describe("transaction sender", () => {
  let anvil: Anvil;
  beforeAll(async () => {
    anvil = await startAnvil();
  });
  afterAll(() => anvil.stop());

  const balance = async () => BigInt(String(await anvil.rpc.request("eth_getBalance", [target, "latest"])));
  const nonceOf = async (index: number) =>
    Number(await anvil.rpc.request("eth_getTransactionCount", [addressOfKey(key(index)), "latest"]));

  it("sends many at once, each under its own nonce", async () => {
    const sender = createTransactionSender({ rpc: anvil.rpc, key: key(0) });
    const before = await balance();
    const sent = await Promise.all(Array.from({ length: 20 }, (_, index) => sender.send(pay(BigInt(index)))));
    expect(new Set(sent.map(({ hash }) => hash)).size).toBe(20);
    expect((await balance()) - before).toBe(190n);
    expect(await nonceOf(0)).toBe(20);
  });

  it("recovers when the same key was used elsewhere", async () => {
    const one = createTransactionSender({ rpc: anvil.rpc, key: key(1) });
    const other = createTransactionSender({ rpc: anvil.rpc, key: key(1) });
    await one.send(pay(1n));
    await other.send(pay(1n));
    await Promise.all([one.send(pay(1n)), other.send(pay(1n)), one.send(pay(1n)), other.send(pay(1n))]);
    expect(await nonceOf(1)).toBe(6);
  });

  it("goes on after the root chain was set back", async () => {
    const sender = createTransactionSender({ rpc: anvil.rpc, key: key(2) });
    const snapshot = await anvil.rpc.request("evm_snapshot");
    await sender.send(pay(1n));
    await anvil.rpc.request("evm_revert", [snapshot]);
    await sender.send(pay(1n));
    expect(await nonceOf(2)).toBe(1);
  });

  it("does a thing once although the answer to it was lost", async () => {
    let lost = 0;
    const flaky: RootRpc = {
      ...anvil.rpc,
      async request(method, params, signal) {
        const answer = await anvil.rpc.request(method, params, signal);
        if (method === "eth_sendRawTransaction" && lost++ === 0) {
          throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "the line broke");
        }
        return answer;
      },
    };
    const sender = createTransactionSender({ rpc: flaky, key: key(3) });
    const before = await balance();
    await sender.send(pay(5n));
    expect((await balance()) - before).toBe(5n);
    expect(await nonceOf(3)).toBe(1);
  });

  it("tries again, a bounded number of times, when the node is away", async () => {
    let attempts = 0;
    const dead: RootRpc = {
      ...anvil.rpc,
      async request(method, params, signal) {
        if (method === "eth_sendRawTransaction" || method === "eth_getTransactionByHash") {
          attempts += method === "eth_sendRawTransaction" ? 1 : 0;
          throw new EnvironmentError("KOMA_E_ROOTCHAIN_UNREACHABLE", "nobody there");
        }
        return await anvil.rpc.request(method, params, signal);
      },
    };
    const sender = createTransactionSender({ rpc: dead, key: key(4) });
    await expect(sender.send(pay(1n))).rejects.toMatchObject({ code: "KOMA_E_ROOTCHAIN_UNREACHABLE" });
    expect(attempts).toBe(6);
  });

  it("raises the fees of a transaction that stays outside of blocks, and counts it once", async () => {
    await anvil.rpc.request("evm_setAutomine", [false]);
    try {
      const sender = createTransactionSender({ rpc: anvil.rpc, key: key(4), bumpAfterMs: 50 });
      const before = await balance();
      const sending = sender.send(pay(9n));
      const hashes = new Set<string>();
      while (hashes.size < 2) {
        for (const hash of await transactionsInPool()) hashes.add(hash);
      }
      await anvil.mine(1);
      const sent = await sending;
      expect(hashes).toContain(sent.hash);
      expect((await balance()) - before).toBe(9n);
    } finally {
      await anvil.rpc.request("evm_setAutomine", [true]);
    }
  });

  it("does its own thing after all when somebody else with its key takes the place of its transaction", async () => {
    await anvil.rpc.request("evm_setAutomine", [false]);
    try {
      const sender = createTransactionSender({ rpc: anvil.rpc, key: key(4), bumpAfterMs: 50 });
      const [before, nonce] = [await balance(), await nonceOf(4)];
      const sending = sender.send(pay(9n));
      await expect.poll(async () => (await transactionsInPool()).size).toBe(1);
      const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 12n };
      const rival = await new Wallet(bytesToHex(key(4))).signTransaction({
        ...{ type: 2, chainId: 31_337, nonce, to: target, value: 100n, gasLimit: 21_000n },
        ...fees,
      });
      await anvil.rpc.request("eth_sendRawTransaction", [rival]);
      await anvil.mine(1);
      await expect.poll(async () => (await transactionsInPool()).size).toBe(1);
      await anvil.mine(1);
      await sending;
      expect((await balance()) - before).toBe(109n);
      expect(await nonceOf(4)).toBe(nonce + 2);
    } finally {
      await anvil.rpc.request("evm_setAutomine", [true]);
    }
  });

  /** Hashes of what waits for a block. */
  async function transactionsInPool(): Promise<ReadonlySet<string>> {
    const pool = (await anvil.rpc.request("txpool_content")) as {
      pending: Record<string, Record<string, { hash: string }>>;
    };
    return new Set(Object.values(pool.pending).flatMap((account) => Object.values(account).map(({ hash }) => hash)));
  }

  it("gives up a transaction that no block takes", async () => {
    await anvil.rpc.request("evm_setAutomine", [false]);
    try {
      const sender = createTransactionSender({ rpc: anvil.rpc, key: key(2), confirmTimeoutMs: 100 });
      await expect(sender.send(pay(1n))).rejects.toMatchObject({ code: "KOMA_E_ROOTCHAIN_TIMEOUT" });
    } finally {
      await anvil.rpc.request("evm_setAutomine", [true]);
    }
  });

  it("stops waiting when its caller does", async () => {
    const stop = new AbortController();
    await anvil.rpc.request("evm_setAutomine", [false]);
    try {
      const sender = createTransactionSender({ rpc: anvil.rpc, key: key(3) });
      const sending = sender.send(pay(1n), stop.signal);
      stop.abort(new Error("enough"));
      await expect(sending).rejects.toThrow("enough");
    } finally {
      await anvil.rpc.request("evm_setAutomine", [true]);
    }
  });

  it("refuses what the node cannot be paid for, in words", async () => {
    const sender = createTransactionSender({ rpc: anvil.rpc, key: key(0) });
    await expect(sender.send(pay(10n ** 30n))).rejects.toBeInstanceOf(RootRpcError);
  });
});
