import {
  AbiCoder,
  Contract,
  id as ethersId,
  getAddress,
  Interface,
  JsonRpcProvider,
  Wallet,
  WebSocketProvider,
} from "ethers";
import { describe, expect, it, vi } from "vitest";
import { bob, chainId, echo, gwei, key } from "../../test/support/in-memory-node.ts";
import { serveRpc } from "../../test/support/served-rpc.ts";
import { bytesToHex, utf8, zeroHash } from "../primitives/index.ts";

const served = serveRpc();

function revertWith(reason: string): `0x${string}` {
  return `0x08c379a0${AbiCoder.defaultAbiCoder().encode(["string"], [reason]).slice(2)}`;
}

describe("ethers", () => {
  function provider(): JsonRpcProvider {
    const created = new JsonRpcProvider(served.server.url, undefined, {
      staticNetwork: true,
      pollingInterval: 20,
      cacheTimeout: -1,
    });
    served.cleanups.push(() => created.destroy());
    return created;
  }

  it("sends a payment and reads block, transaction and receipt back", async () => {
    served.node.automine = true;
    const wallet = new Wallet(key, provider());
    const sent = await wallet.sendTransaction({ to: getAddress(bob), value: 5n });
    const receipt = await sent.wait();
    expect(receipt).toMatchObject({ status: 1, blockNumber: 1, gasUsed: 21_000n, type: 2, index: 0 });
    expect(receipt?.fee).toBe(21_000n * (receipt?.gasPrice ?? 0n));
    const block = await wallet.provider?.getBlock("latest", true);
    expect(block).toMatchObject({
      number: 1,
      hash: served.node.head.block.hash,
      parentHash: served.node.blocks[0]?.block.hash,
    });
    expect(block?.prefetchedTransactions[0]).toMatchObject({
      hash: sent.hash,
      value: 5n,
      from: wallet.address,
      chainId,
    });
    expect(await wallet.provider?.getBalance(bob)).toBe(5n);
    expect(await wallet.getNonce()).toBe(1);
  });

  it("reads legacy and access-list transactions, and pending ones", async () => {
    const wallet = new Wallet(key, provider());
    const to = getAddress(bob);
    const legacy = await wallet.sendTransaction({ to, type: 0, gasPrice: 2n * gwei, gasLimit: 21_000n });
    const listed = await wallet.sendTransaction({
      to,
      type: 1,
      gasPrice: 2n * gwei,
      gasLimit: 40_000n,
      accessList: [{ address: to, storageKeys: [zeroHash] }],
    });
    const pending = await wallet.provider?.getTransaction(legacy.hash);
    expect(pending).toMatchObject({ blockNumber: null, nonce: 0, gasPrice: 2n * gwei });
    served.node.mine();
    expect(await wallet.provider?.getTransaction(listed.hash)).toMatchObject({
      type: 1,
      nonce: 1,
      blockNumber: 1,
      index: 1,
      accessList: [{ address: to, storageKeys: [zeroHash] }],
    });
  });

  it("decodes reasons and custom errors of reverts", async () => {
    const contract = new Contract(echo, ["function f(bytes)", "error StakeLow(uint256 stake)"], provider());
    const custom = new Interface(["error StakeLow(uint256 stake)"]).encodeErrorResult("StakeLow", [7n]);
    await expect(provider().call({ to: echo, data: revertWith("too little") })).rejects.toMatchObject({
      code: "CALL_EXCEPTION",
      reason: "too little",
    });
    const raw = await provider()
      .call({ to: echo, data: custom })
      .catch((error) => error);
    expect(contract.interface.parseError(raw.data)?.args[0]).toBe(7n);
  });

  it("recognises why a transaction was refused", async () => {
    served.node.automine = true;
    const wallet = new Wallet(key, provider());
    const fields = { to: getAddress(bob), gasLimit: 21_000n };
    const signed = await wallet.signTransaction(await wallet.populateTransaction({ ...fields, nonce: 0 }));
    await wallet.provider?.broadcastTransaction(signed);
    await expect(wallet.sendTransaction({ ...fields, nonce: 0, value: 1n })).rejects.toMatchObject({
      code: "NONCE_EXPIRED",
    });
    await expect(wallet.sendTransaction({ ...fields, value: 10n ** 30n })).rejects.toMatchObject({
      code: "INSUFFICIENT_FUNDS",
    });
    expect((await served.failure("eth_sendRawTransaction", [signed])).message).toBe("already known");
  });

  it("hears of blocks and logs over WebSocket", async () => {
    const socket = new WebSocketProvider(served.server.wsUrl);
    served.cleanups.push(() => socket.destroy());
    const heights: number[] = [];
    const logs: string[] = [];
    await socket.on("block", (height: number) => heights.push(height));
    await socket.on({ address: echo, topics: [ethersId("ping")] }, (log: { data: string }) => logs.push(log.data));
    await socket.getBlockNumber(); // both subscriptions are sent before it
    await vi.waitFor(() => expect(served.node.listeners).toBe(2));
    const wallet = new Wallet(key, socket);
    await wallet.sendTransaction({ to: echo, data: bytesToHex(utf8("ping")), gasLimit: 50_000n });
    served.node.mine();
    await vi.waitFor(() => expect([heights, logs]).toEqual([[1], [bytesToHex(utf8("ping"))]]));
  });
});
