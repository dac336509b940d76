import { JsonRpcProvider, Wallet } from "ethers";
import { describe, expect, it, vi } from "vitest";
import { echo, key } from "../../test/support/in-memory-node.ts";
import { serveRpc } from "../../test/support/served-rpc.ts";
import { createRpcClient } from "./rpc-client.ts";

const served = serveRpc();

describe("limits", () => {
  it("bound batches, bodies, logs and filters, each with a typed error", async () => {
    served.server = await served.serve({
      limits: { maxBatch: 3, maxBodyBytes: 2_000, maxLogBlocks: 2, maxLogs: 1, maxFilters: 2 },
    });
    served.client = createRpcClient(served.server.url);
    await expect(served.client.batch(Array(4).fill({ method: "eth_chainId" }))).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
      number: -32005,
    });
    expect(await served.post("x".repeat(2_001))).toMatchObject({ status: 413, json: { error: { code: -32005 } } });
    served.node.mine();
    served.node.mine();
    expect(await served.failure("eth_getLogs", [{ fromBlock: 0n }])).toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
    expect(await served.client.request("eth_getLogs", [{ fromBlock: 1n }])).toEqual([]);
    served.node.automine = true;
    const wallet = new Wallet(
      key,
      new JsonRpcProvider(served.server.url, undefined, { staticNetwork: true, cacheTimeout: -1 }),
    );
    for (const data of ["0x01", "0x02"]) await wallet.sendTransaction({ to: echo, data, gasLimit: 50_000n });
    wallet.provider?.destroy();
    expect((await served.failure("eth_getLogs", [{ fromBlock: 3n }])).message).toContain("more than 1 results");
    await served.client.request("eth_newBlockFilter");
    await served.client.request("eth_newBlockFilter");
    expect(await served.failure("eth_newBlockFilter")).toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
  });

  it("answer the rest of a batch with errors when its answers grow too large", async () => {
    served.server = await served.serve({ limits: { maxBatchResponseBytes: 1_500 } });
    served.client = createRpcClient(served.server.url);
    const outcomes = await served.client.batch(Array(4).fill({ method: "koma_large" }));
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, false, false]);
  });

  it("end requests that take too long", async () => {
    served.server = await served.serve({ limits: { requestTimeoutMs: 100 } });
    served.client = createRpcClient(served.server.url);
    expect(await served.failure("koma_never")).toMatchObject({ number: -32002, code: "KOMA_E_RPC_TIMEOUT" });
  });

  it("forget filters nobody asks about, and stop listening", async () => {
    served.server = await served.serve({ limits: { filterIdleMs: 60 } });
    served.client = createRpcClient(served.server.url);
    const filter = await served.client.request("eth_newBlockFilter");
    expect(served.node.listeners).toBe(2);
    await vi.waitFor(() => expect(served.node.listeners).toBe(0));
    expect(await served.failure("eth_getFilterChanges", [filter])).toMatchObject({ message: "filter not found" });
  });
});
