import { AbiCoder } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ann, bob, confidence, echo } from "../../test/support/in-memory-node.ts";
import { serveRpc } from "../../test/support/served-rpc.ts";
import { zeroHash } from "../primitives/index.ts";

const served = serveRpc();

function revertWith(reason: string): `0x${string}` {
  return `0x08c379a0${AbiCoder.defaultAbiCoder().encode(["string"], [reason]).slice(2)}`;
}

describe("a request", () => {
  it.each([
    { body: "{", number: -32700, code: "KOMA_E_RPC_PARSE" },
    { body: "[]", number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: "1", number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"id":1,"method":"net_version"}', number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"jsonrpc":"2.0","id":{},"method":"net_version"}', number: -32600, code: "KOMA_E_RPC_REQUEST_INVALID" },
    { body: '{"jsonrpc":"2.0","id":1,"method":"eth_mine"}', number: -32601, code: "KOMA_E_RPC_METHOD_UNKNOWN" },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}',
      number: -32601,
      code: "KOMA_E_RPC_METHOD_UNKNOWN",
    },
    { body: '{"jsonrpc":"2.0","id":1,"method":"__proto__"}', number: -32601, code: "KOMA_E_RPC_METHOD_UNKNOWN" },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"net_version","params":{}}',
      number: -32602,
      code: "KOMA_E_RPC_PARAMS_INVALID",
    },
    {
      body: '{"jsonrpc":"2.0","id":1,"method":"net_version","params":[1]}',
      number: -32602,
      code: "KOMA_E_RPC_PARAMS_INVALID",
    },
  ])("that is $body is answered with $number", async ({ body, number, code }) => {
    const { json } = await served.post(body);
    expect(json).toMatchObject({ jsonrpc: "2.0", error: { code: number, data: { code } } });
  });

  it.each([
    ["eth_getBalance", ["0x12", "latest"], "address"],
    ["eth_getBalance", [ann, "newest"], "block"],
    ["eth_getBalance", [ann, "0x01"], "block"],
    ["eth_getBalance", [ann, { blockHash: zeroHash, blockNumber: "0x1" }], "block"],
    ["eth_getBlockByNumber", ["0x1", "yes"], "fullTransactions"],
    ["eth_getBlockByHash", ["0x12", true], "blockHash"],
    ["eth_getTransactionByHash", [undefined], "transactionHash"],
    ["eth_call", [{ to: ann, data: "0x1" }, "latest"], "call.data"],
    ["eth_call", [{ to: ann, data: "0x11", input: "0x12" }], "call.input"],
    ["eth_call", [{ to: ann, gasPrice: "0x1", maxFeePerGas: "0x1" }], "call.gasPrice"],
    ["eth_call", [{ to: ann, value: -1 }], "call.value"],
    ["eth_call", [{ to: ann }, "latest", { [ann]: { storage: {} } }], `stateOverrides.${ann}`],
    ["eth_sendRawTransaction", ["zz"], "transaction"],
    ["eth_getLogs", [{ topics: [[], [], [], [], []] }], "filter.topics"],
    ["eth_getLogs", [{ fromBlock: "0x5", toBlock: "0x2" }], "filter.fromBlock"],
    ["eth_getLogs", [{ blockHash: zeroHash, fromBlock: "0x1" }], "filter"],
    ["eth_feeHistory", ["0x0", "latest", []], "blockCount"],
    ["eth_feeHistory", ["0x1", "latest", [50, 10]], "rewardPercentiles[1]"],
    ["eth_getProof", [ann, ["0xzz"], "latest"], "storageKeys[0]"],
    ["eth_getFilterChanges", [7], "filterId"],
  ] as const)("%s %j names the bad parameter %s", async (method, params, parameter) => {
    const error = await served.failure(method, params);
    expect(error).toMatchObject({ number: -32602, code: "KOMA_E_RPC_PARAMS_INVALID" });
    expect(error.detail.facts).toMatchObject({ parameter });
  });

  it("about a block nobody has is null, about its state an error", async () => {
    expect(await served.client.request("eth_getBlockByNumber", [99n, false])).toBeNull();
    expect(await served.client.request("eth_getTransactionReceipt", [zeroHash])).toBeNull();
    expect(await served.client.request("eth_getBlockReceipts", ["0x63"])).toBeNull();
    expect(await served.failure("eth_getBalance", [ann, 99n])).toMatchObject({
      message: "header not found",
      code: "KOMA_E_BLOCK_UNKNOWN",
    });
    expect(await served.failure("koma_getConfidence", [zeroHash])).toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
    expect(await served.failure("eth_getLogs", [{ blockHash: zeroHash }])).toMatchObject({ number: -32001 });
  });

  it("with a revert is answered with number 3 and the data as it is", async () => {
    expect(await served.failure("eth_call", [{ to: echo, data: "0xdeadbeef" }])).toMatchObject({
      number: 3,
      data: "0xdeadbeef",
      code: "KOMA_E_REVERTED",
    });
    expect((await served.failure("eth_call", [{ to: echo, data: revertWith("no") }])).message).toBe(
      "execution reverted: no",
    );
    expect(await served.failure("eth_call", [{ to: bob, gas: 1n }])).toMatchObject({
      number: -32000,
      message: "out of gas",
    });
  });

  it("reaches methods the node adds, whose bigints and bytes become hex", async () => {
    expect(await served.client.request("koma_double", [21])).toEqual({ twice: "0x2a", bytes: "0x0102" });
    expect(await served.client.request("koma_status")).toEqual({ version: "test", head: "0x0" });
    expect(await served.client.request("koma_getConfidence", [served.node.head.block.hash])).toEqual(confidence);
  });

  it("that fails unexpectedly says nothing of the inside", async () => {
    const { json, text } = await served.post('{"jsonrpc":"2.0","id":1,"method":"koma_broken"}');
    expect(json.error).toEqual({ code: -32603, message: "internal error", data: { code: "KOMA_E_BUG" } });
    expect(text).not.toContain("secret");
  });

  it("is accepted below /chain/<id>, and GET /health answers too", async () => {
    const body = '{"jsonrpc":"2.0","id":"a","method":"eth_chainId"}';
    expect((await served.post(body, undefined, "/chain/80401")).json).toEqual({
      jsonrpc: "2.0",
      id: "a",
      result: "0x13a11",
    });
    expect((await served.post(body, undefined, "/chain/1")).status).toBe(404);
    const health = await fetch(`${served.server.url}/health`);
    expect(await health.json()).toMatchObject({ status: "ok", chainId: 80401, head: 0, finalized: 0, peers: 3 });
  });

  it("without an id gets no answer", async () => {
    expect(await served.post('{"jsonrpc":"2.0","method":"eth_chainId"}')).toMatchObject({ status: 200, text: "" });
    expect(await served.post('[{"jsonrpc":"2.0","method":"eth_chainId"}]')).toMatchObject({ status: 200, text: "" });
  });
});

describe("every body", () => {
  it("of random bytes or random JSON gets a JSON-RPC answer", async () => {
    const methods = fc.constantFrom(...served.server.methods.filter((name) => name !== "koma_never"));
    const request = fc.record({
      jsonrpc: fc.constant("2.0"),
      id: fc.integer(),
      method: methods,
      params: fc.array(fc.jsonValue(), { maxLength: 4 }),
    });
    const bodies = fc.oneof(
      fc.string(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
      fc.json(),
      request.map((each) => JSON.stringify(each)),
      fc.array(request, { maxLength: 5 }).map((each) => JSON.stringify(each)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status, json } = await served.post(body);
        expect(status).toBe(200);
        for (const answer of Array.isArray(json) ? json : [json]) {
          expect(answer?.jsonrpc).toBe("2.0");
          if (answer.error?.code === -32603) expect(body).toContain("koma_"); // the extra methods above check nothing
        }
      }),
      { numRuns: 300 },
    );
  });

  it("that nests deeply is refused before anybody walks down it", async () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect((await served.post(deep)).json.error).toMatchObject({ code: -32005, data: { code: "KOMA_E_RPC_LIMIT" } });
  });
});
