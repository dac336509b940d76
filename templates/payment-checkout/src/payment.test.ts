import { createPublicClient, createWalletClient, custom, type EIP1193RequestFn, HttpRequestError, type Hash } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Payment, pay } from "./payment.ts";

type Answers = Record<string, () => unknown>;

const hashes = { block: `0x${"b1".repeat(32)}` as Hash };
const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const merchant = `0x${"22".repeat(20)}` as const;
const lost = () => {
  throw new HttpRequestError({ url: "http://node" });
};
const receipt = (status: "0x1" | "0x0") => () => ({
  blockHash: hashes.block, blockNumber: "0x5", transactionHash: `0x${"aa".repeat(32)}`, transactionIndex: "0x0", status,
  from: account.address, to: merchant, logs: [], gasUsed: "0x1", cumulativeGasUsed: "0x1", effectiveGasPrice: "0x1", type: "0x2",
});
const node = (): Answers => ({
  eth_chainId: () => "0x1",
  eth_getTransactionCount: () => "0x0",
  eth_estimateGas: () => "0x5208",
  eth_maxPriorityFeePerGas: () => "0x1",
  eth_gasPrice: () => "0x1",
  eth_fillTransaction: () => { throw Object.assign(new Error("no such method"), { code: -32601 }); },
  eth_getBlockByNumber: () => ({ baseFeePerGas: "0x1", number: "0x5", gasLimit: "0x1000000", timestamp: "0x1", transactions: [] }),
  eth_sendRawTransaction: () => `0x${"aa".repeat(32)}`,
  eth_getTransactionReceipt: () => null,
  eth_getTransactionByHash: () => null,
  koma_getConfidence: () => ({ confidence: 0.9, level: 4 }),
});

describe("a payment", () => {
  let answers: Answers;
  let seen: Payment[];
  let controller: AbortController;
  let sent: number;

  beforeEach(() => {
    vi.useFakeTimers();
    answers = node();
    seen = [];
    sent = 0;
    controller = new AbortController();
  });
  afterEach(() => {
    controller.abort();
    vi.useRealTimers();
  });

  function start(): Promise<void> {
    const request = (async ({ method }: { method: string }) => {
      if (method === "eth_sendRawTransaction") sent += 1;
      const answer = answers[method];
      if (!answer) throw new Error(`the test has no answer to ${method}`);
      return answer();
    }) as EIP1193RequestFn;
    const transport = custom({ request }, { retryCount: 0 });
    const client = createPublicClient({ transport });
    const payer = { name: "test", address: account.address, client: createWalletClient({ account, transport }) };
    return pay(client, payer, { merchant, amount: 1n }, (payment) => seen.push(payment), controller.signal);
  }
  const last = () => seen.at(-1);
  const later = (ms = 3_000) => vi.advanceTimersByTimeAsync(ms);

  it("goes from signing over sent and included to final", async () => {
    let confidence = 0;
    answers["koma_getConfidence"] = () => ({ confidence, level: 0 });
    const done = start();
    await later();
    expect(last()).toMatchObject({ stage: "sent", offline: false });
    answers["eth_getTransactionReceipt"] = receipt("0x1");
    await later();
    expect(last()).toMatchObject({ stage: "included", block: 5n, offline: false });
    confidence = 0.875;
    await later();
    await done;
    expect(last()).toMatchObject({ stage: "final", confidence: 0.875 });
    expect(new Set(seen.map(({ stage }) => stage))).toEqual(new Set(["signing", "sent", "included", "final"]));
  });

  it.each(["eth_getTransactionReceipt", "koma_getConfidence"])("is never called failed when %s fails, and goes on after", async (method) => {
    answers["eth_getTransactionReceipt"] = receipt("0x1");
    const good = answers[method] as () => unknown;
    answers[method] = lost;
    const done = start();
    await later(600_000);
    expect(last()).toMatchObject({ stage: "sent", offline: true });
    answers[method] = good;
    await later();
    await done;
    expect(last()).toMatchObject({ stage: "final", offline: false });
    expect(seen.some(({ stage }) => stage === "failed")).toBe(false);
  });

  it("keeps what it knew while the node is away", async () => {
    let confidence = 0.2;
    answers["koma_getConfidence"] = () => ({ confidence, level: 0 });
    answers["eth_getTransactionReceipt"] = receipt("0x1");
    void start();
    await later();
    answers["eth_getTransactionReceipt"] = lost;
    await later();
    expect(last()).toMatchObject({ stage: "included", confidence: 0.2, offline: true });
    answers["eth_getTransactionReceipt"] = receipt("0x1");
    confidence = 0.5;
    await later();
    answers["eth_getTransactionReceipt"] = () => null;
    await later();
    expect(last()).toMatchObject({ stage: "final", confidence: 0.5 });
  });

  it("is not called failed when the answer to sending it is lost, and is sent again unchanged", async () => {
    answers["eth_sendRawTransaction"] = lost;
    const done = start();
    await later();
    expect(last()).toMatchObject({ stage: "sent", offline: true });
    answers["eth_sendRawTransaction"] = () => {
      throw Object.assign(new Error("already known"), { code: -32000 });
    };
    answers["eth_getTransactionReceipt"] = receipt("0x1");
    await later();
    await done;
    expect(sent).toBeGreaterThan(1);
    expect(last()).toMatchObject({ stage: "final" });
  });

  it("throws when the node refuses it, before it ever had a hash", async () => {
    answers["eth_sendRawTransaction"] = () => {
      throw Object.assign(new Error("insufficient funds"), { code: -32000 });
    };
    await expect(start()).rejects.toThrow();
    expect(seen).toEqual([{ stage: "signing" }]);
  });

  it("fails when its revert is final, not before", async () => {
    let confidence = 0.2;
    answers["koma_getConfidence"] = () => ({ confidence, level: 0 });
    answers["eth_getTransactionReceipt"] = receipt("0x0");
    const done = start();
    await later();
    expect(last()).toMatchObject({ stage: "included" });
    confidence = 0.5;
    await later();
    await done;
    expect(last()).toMatchObject({ stage: "failed", reason: expect.stringContaining("reverted") });
  });
});
