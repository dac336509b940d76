import { JsonRpcProvider, Wallet } from "ethers";
import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { ann, bob, confidence, key } from "../../test/support/in-memory-node.ts";
import { serveRpc } from "../../test/support/served-rpc.ts";
import { EnvironmentError } from "../errors.ts";
import { bytesToHex, keccak256, utf8 } from "../primitives/index.ts";
import { createRpcClient } from "./rpc-client.ts";

const served = serveRpc();

describe("a WebSocket", () => {
  it("knows no methods for programs on the node's machine", async () => {
    const socket = new WebSocket(served.server.wsUrl);
    const answer = await new Promise<string>((resolve) => {
      socket.onopen = () =>
        socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "koma_localEcho", params: [7] }));
      socket.onmessage = ({ data }) => resolve(String(data));
    });
    socket.close();
    expect(JSON.parse(answer)).toMatchObject({ error: { data: { code: "KOMA_E_RPC_METHOD_UNKNOWN" } } });
  });

  it("notifies of finality at the client's threshold", async () => {
    const seen: unknown[] = [];
    const subscription = await served.client.subscribe("koma", ["finality", { alpha: 0.1 }], (final) =>
      seen.push(final),
    );
    served.node.mine();
    served.node.mine();
    await vi.waitFor(() =>
      expect(seen).toEqual([
        expect.objectContaining({ alpha: 0.1, number: "0x0", hash: served.node.blocks[0]?.block.hash, confidence }),
      ]),
    );
    await subscription.unsubscribe();
    expect(served.node.listeners).toBe(0);
    await expect(served.client.subscribe("koma", ["finality", { alpha: 0.5 }], () => {})).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
      number: -32005,
    });
    await served.client.subscribe("koma", ["finality", { alpha: 0.1, from: "0x5" }], () => {});
    expect(served.node.askedFrom).toEqual([undefined, 5n]);
    for (const from of [5, "five", "-0x1"]) {
      const bad = served.client.subscribe("koma", ["finality", { alpha: 0.1, from }], () => {});
      await expect(bad).rejects.toMatchObject({ number: -32602 });
    }
    await expect(served.client.subscribe("eth", ["gossip"], () => {})).rejects.toMatchObject({ number: -32602 });
  });

  it("notifies of pending transactions, and stops listening when it closes", async () => {
    const seen: unknown[] = [];
    await served.client.subscribe("eth", ["newPendingTransactions", true], (tx) => seen.push(tx));
    const wallet = new Wallet(
      key,
      new JsonRpcProvider(served.server.url, undefined, { staticNetwork: true, cacheTimeout: -1 }),
    );
    await wallet.sendTransaction({ to: bob, gasLimit: 21_000n });
    wallet.provider?.destroy();
    await vi.waitFor(() => expect(seen).toEqual([expect.objectContaining({ from: ann, to: bob, blockHash: null })]));
    await served.client.close();
    await vi.waitFor(() => expect(served.node.listeners).toBe(0));
  });

  it("tells its subscribers when the server goes away", async () => {
    const ended = new Promise<EnvironmentError>((resolve) => {
      void served.client.subscribe("eth", ["newHeads"], () => {}, resolve).then(() => served.server.close());
    });
    expect(await ended).toMatchObject({ code: "KOMA_E_RPC_UNREACHABLE" });
    await expect(served.client.subscribe("eth", ["newHeads"], () => {})).rejects.toBeInstanceOf(EnvironmentError);
  });

  it("allows a bounded number of subscriptions and message size", async () => {
    served.server = await served.serve({ limits: { maxSubscriptionsPerSocket: 1, maxBodyBytes: 1_000 } });
    served.client = createRpcClient(served.server.url);
    served.cleanups.push(() => served.client.close());
    await served.client.subscribe("eth", ["newHeads"], () => {});
    await expect(served.client.subscribe("eth", ["newHeads"], () => {})).rejects.toMatchObject({
      code: "KOMA_E_RPC_LIMIT",
    });
    const socket = new WebSocket(served.server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => {});
    socket.send("x".repeat(1_001));
    expect(await closed).toBe(1009);
  });

  it("whose client does not read is closed", async () => {
    served.server = await served.serve({ limits: { maxSocketBacklogBytes: 100_000 } });
    const socket = new WebSocket(served.server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}');
    await new Promise((resolve) => socket.once("message", resolve));
    socket.pause();
    const large = { method: "koma_large", jsonrpc: "2.0", id: 1 };
    await vi.waitFor(() => {
      for (let i = 0; i < 2_000; i++) socket.send(JSON.stringify(large));
      expect(served.node.listeners).toBe(0);
    }, 15_000);
    socket.resume();
    await closed;
  });

  it("answers many requests at once, each under its own id", async () => {
    const socket = new WebSocket(served.server.wsUrl);
    await new Promise((resolve) => socket.on("open", resolve));
    const ids = new Set<number>();
    socket.on("message", (data) => ids.add(JSON.parse(data.toString()).id));
    for (let id = 0; id < 500; id++) socket.send(JSON.stringify({ jsonrpc: "2.0", id, method: "eth_blockNumber" }));
    await vi.waitFor(() => expect(ids.size).toBe(500));
    socket.terminate();
  });
});

it("says which port is taken", async () => {
  await expect(served.serve({ port: served.server.port })).rejects.toMatchObject({
    code: "KOMA_E_PORT_TAKEN",
    detail: { facts: { port: served.server.port } },
  });
});

it("hashes what it is given", async () => {
  expect(await served.client.request("web3_sha3", ["0x68656c6c6f"])).toBe(bytesToHex(keccak256(utf8("hello"))));
});
