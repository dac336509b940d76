import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { ask, type DevnetNode } from "../../support/devnet.ts";
import { createPrng } from "../../support/prng.ts";
import type { InputStage } from "./stage.ts";
import { throwAt } from "./throw-at.ts";

/** What a node does with garbage on the port that its clients use. */
export function describeRpcGarbage({ devnet, expectUnharmed }: InputStage): void {
  it("answers whatever comes to its RPC port in JSON-RPC, and lives on", async () => {
    const { rpcUrl, wsUrl, ports } = devnet().nodes[0] as DevnetNode;
    const post = async (
      body: string | Uint8Array,
      headers: Record<string, string> = { "content-type": "application/json" },
    ) => {
      const response = await fetch(rpcUrl, { method: "POST", body: new Blob([body as string]), headers });
      return { status: response.status, text: await response.text() };
    };
    const bodies: (string | Uint8Array)[] = [
      "",
      "{",
      "null",
      "[]",
      "[1,2,null]",
      '"text"',
      "{}",
      '{"jsonrpc":"2.0","id":{},"method":"eth_blockNumber"}',
      '{"jsonrpc":"2.0","id":1,"method":"__proto__"}',
      '{"jsonrpc":"2.0","id":1,"method":"constructor","params":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{"__proto__":1}}',
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      JSON.stringify(Array.from({ length: 101 }, (_, id) => ({ jsonrpc: "2.0", id, method: "eth_blockNumber" }))),
      randomBytes(4_096),
      "x".repeat(6 * 1024 * 1024),
    ];
    for (const body of bodies) {
      const { status, text } = await post(body).catch((error: unknown) => ({ status: 0, text: String(error) }));
      // A body that is too large may be cut off before it is read to its end.
      if (status !== 0) expect([200, 204, 400, 413, 415], text).toContain(status);
    }

    const hostile: unknown[] = [
      null,
      true,
      -1,
      1e308,
      "",
      "0x",
      "0xzz",
      `0x${"f".repeat(64)}`,
      `0x${"f".repeat(65)}`,
      `0x${"0".repeat(40)}`,
      "latest",
      "\u0000",
      "9".repeat(10_000),
      [],
      [[[[]]]],
      {},
      { blockHash: 1, requireCanonical: {} },
      { from: "0x0", to: [], gas: "0xffffffffffffffffff", data: "0x0" },
      { fromBlock: "0x0", toBlock: `0x${"f".repeat(64)}`, topics: [[[]]], address: {} },
    ];
    const methods = [
      ...["eth_getBalance", "eth_getTransactionCount", "eth_getCode", "eth_getStorageAt", "eth_getProof", "eth_call"],
      ...["eth_estimateGas", "eth_createAccessList", "eth_sendRawTransaction", "eth_feeHistory", "eth_getLogs"],
      ...["eth_newFilter", "eth_getFilterChanges", "eth_getFilterLogs", "eth_uninstallFilter", "eth_getBlockReceipts"],
      ...["eth_getBlockByNumber", "eth_getBlockByHash", "eth_getTransactionByHash", "eth_getTransactionReceipt"],
      ...["eth_getTransactionByBlockNumberAndIndex", "eth_subscribe", "koma_getConfidence", "koma_status", "web3_sha3"],
      ...["debug_getRawBlock", "debug_getRawHeader", "debug_getRawReceipts", "txpool_contentFrom", "koma_consensus"],
    ];
    const prng = createPrng(7);
    for (const method of methods) {
      const calls = Array.from({ length: 60 }, (_, id) => ({
        jsonrpc: "2.0",
        id,
        method,
        params: Array.from({ length: prng.between(0, 4) }, () => prng.pick(hostile)),
      }));
      const { status, text } = await post(JSON.stringify(calls));
      expect(status).toBe(200);
      const answers = JSON.parse(text) as { id: number; error?: { code: number; message: string } }[];
      expect(answers).toHaveLength(calls.length);
      const internal = answers.filter(({ error }) => error?.code === -32603);
      expect(
        internal.map(({ id }) => JSON.stringify(calls[id])),
        `${method}: internal errors`,
      ).toEqual([]);
    }

    for (const bytes of [
      "\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "POST / HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
      randomBytes(2_000),
    ])
      await throwAt(ports.rpc, bytes);
    await throwAt(ports.rpc, `GET / HTTP/1.1\r\nx: ${"y".repeat(200_000)}\r\n\r\n`);
    for (const frame of [
      randomBytes(1_000),
      "{",
      "[[[[",
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: [{}] }),
    ])
      await sendFrame(wsUrl, frame);
    await expectUnharmed();
    expect(await ask(rpcUrl, "net_listening")).toBe(true);
  });
}

/** Sends one WebSocket message and waits for an answer or the end. */
function sendFrame(url: string, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on("open", () => socket.send(data));
    socket.on("message", () => socket.close());
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
