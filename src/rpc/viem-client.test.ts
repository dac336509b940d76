import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { createPublicClient, createWalletClient, http, keccak256 as viemKeccak, webSocket } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it, vi } from "vitest";

import { ann, bob, chainId, echo, gwei, key } from "../../test/support/in-memory-node.ts";
import { serveRpc } from "../../test/support/served-rpc.ts";

const served = serveRpc();

describe("viem", () => {
  const chain = {
    id: Number(chainId),
    name: "koma",
    nativeCurrency: { name: "KMC", symbol: "KMC", decimals: 18 },
    rpcUrls: { default: { http: [] } },
  } as const;

  it("sends a payment and reads everything about it", async () => {
    served.node.automine = true;
    const transport = http(served.server.url);
    const reader = createPublicClient({ chain, transport });
    const sender = createWalletClient({ chain, transport, account: privateKeyToAccount(key) });
    const hash = await sender.sendTransaction({ to: bob, value: 9n });
    expect(await reader.getTransactionReceipt({ hash })).toMatchObject({
      status: "success",
      gasUsed: 21_000n,
      type: "eip1559",
    });
    expect(await reader.getTransaction({ hash })).toMatchObject({ value: 9n, blockNumber: 1n, typeHex: "0x2" });
    expect(await reader.getBlock({ includeTransactions: true })).toMatchObject({
      number: 1n,
      baseFeePerGas: expect.any(BigInt),
    });
    expect(await reader.getBlock({ blockTag: "finalized" })).toMatchObject({ number: 0n });
    expect(await reader.getTransactionCount({ address: ann, blockTag: "pending" })).toBe(1);
    const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [10, 50] });
    expect(history).toMatchObject({
      oldestBlock: 0n,
      reward: [
        [0n, 0n],
        [gwei, gwei],
      ],
    });
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(await reader.getStorageAt({ address: echo, slot: "0x0" })).toBe(`0x${"7".padStart(64, "0")}`);
    expect(await reader.getCode({ address: echo })).toBe("0x6000");
  });

  it("gets proofs that lead to the state root", async () => {
    served.node.mine();
    const reader = createPublicClient({ chain, transport: http(served.server.url) });
    const proof = await reader.getProof({ address: ann, storageKeys: ["0x01"], blockNumber: 0n });
    expect(proof).toMatchObject({
      balance: 10n ** 21n,
      nonce: 0,
      storageProof: [{ key: "0x1", value: 0n, proof: [] }],
    });
    expect(viemKeccak(proof.accountProof[0] as `0x${string}`)).toBe(served.node.blocks[1]?.block.header.stateRoot);
  });

  it("polls filters and watches logs through a reorganisation", async () => {
    const reader = createPublicClient({ chain, transport: http(served.server.url) });
    const watcher = createPublicClient({ chain, transport: webSocket(served.server.wsUrl, { reconnect: false }) });
    const seen: boolean[] = [];
    watcher.watchEvent({
      address: echo,
      onLogs: (logs) => seen.push(...logs.map((log) => log.removed)),
    });

    await vi.waitFor(() => expect(served.node.listeners).toBe(1));
    const filter = await reader.createEventFilter({ address: echo });
    const blocks = await reader.createBlockFilter();
    const sender = createWalletClient({ chain, transport: http(served.server.url), account: privateKeyToAccount(key) });
    await sender.sendTransaction({ to: echo, data: "0x1234", gas: 60_000n });
    served.node.mine();
    expect((await reader.getFilterLogs({ filter }))[0]).toMatchObject({
      data: "0x1234",
      blockNumber: 1n,
      removed: false,
    });
    served.node.reorganise();
    expect((await reader.getFilterChanges({ filter })).map((log) => log.removed)).toEqual([false, true]);
    expect(await reader.getFilterChanges({ filter: blocks })).toHaveLength(2);
    expect(await reader.uninstallFilter({ filter })).toBe(true);
    await vi.waitFor(() => expect(seen).toEqual([false, true]));
    (await watcher.transport.getRpcClient()).close();
  });
});

it("serves cast", async () => {
  served.node.automine = true;
  const cast = createRequire(import.meta.url).resolve(
    `@foundry-rs/cast-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/cast`,
  );
  const run = async (...args: string[]) =>
    (await promisify(execFile)(cast, [...args, "--rpc-url", served.server.url], { timeout: 15_000 })).stdout.trim();
  expect(await run("chain-id")).toBe("80401");
  const receipt = JSON.parse(await run("send", "--json", "--private-key", key, bob, "--value", "3"));
  expect(receipt).toMatchObject({ status: "0x1", blockNumber: "0x1" });
  expect(await run("balance", bob)).toBe("3");
  expect(await run("block", "latest", "--field", "hash")).toBe(served.node.head.block.hash);
});
