import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../logger.ts";
import { createRpcServer, type RpcServer } from "./create-rpc-server.ts";
import type { HeadChange, NodeApi } from "./node-api.ts";
import { createRpcClient, type RpcClient } from "./rpc-client.ts";

let server: RpcServer;
let client: RpcClient;
let sync: false | { startingBlock: bigint; currentBlock: bigint; highestBlock: bigint } = false;
const heads = new Set<(change: HeadChange) => void>();

beforeAll(async () => {
  const api = {
    chainId: 1n,
    clientVersion: "koma/test",
    syncing: () => sync,
    onHead(listener: (change: HeadChange) => void) {
      heads.add(listener);
      return () => heads.delete(listener);
    },
  } as unknown as NodeApi;
  server = await createRpcServer({ api, logger: silentLogger });
  client = createRpcClient(server.url);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

describe("rpc.discover", () => {
  it("describes every method of the server, with parameters that have names and schemas", async () => {
    const document = await client.request<{
      openrpc: string;
      methods: { name: string; summary: string; params: { name: string; required: boolean; schema: object }[] }[];
    }>("rpc.discover");
    expect(document.openrpc).toBe("1.3.2");
    expect(document.methods.map(({ name }) => name)).toEqual(server.methods);
    const call = document.methods.find(({ name }) => name === "eth_call");
    expect(call?.params.map(({ name, required }) => [name, required])).toEqual([
      ["call", true],
      ["block", false],
      ["overrides", false],
      ["blockOverrides", false],
    ]);
    for (const { params } of document.methods) {
      expect(new Set(params.map(({ name }) => name)).size).toBe(params.length);
      for (const { name } of params) expect(name).toMatch(/^[a-z][A-Za-z]*$/);
    }
  });

  it("names the namespaces in rpc_modules", async () => {
    expect(await client.request("rpc_modules")).toMatchObject({ eth: "1.0", debug: "1.0", txpool: "1.0" });
  });
});

it.each([
  ["evm_mine", /consensus/],
  ["evm_snapshot", /consensus/],
  ["anvil_setBalance", /consensus/],
  ["hardhat_impersonateAccount", /consensus/],
  ["eth_sendTransaction", /no keys/],
  ["eth_signTypedData_v4", /no keys/],
  ["personal_sign", /no keys/],
  ["engine_forkchoiceUpdatedV3", /part of the node/],
  ["eth_coinbase", /not mined/],
  ["eth_getBlockAccessList", /Cancun/],
  ["debug_getBadBlocks", /keeps no blocks/],
  ["testing_buildBlockV1", /builds blocks/],
])("%s is refused as missing, and why", async (method, why) => {
  await expect(client.request(method)).rejects.toMatchObject({
    number: -32601,
    code: "KOMA_E_RPC_METHOD_REFUSED",
    message: expect.stringMatching(why),
    detail: { fix: [expect.any(String)] },
  });
});

it("a subscription to syncing tells how it stands, and when that changes", async () => {
  const heard: unknown[] = [];
  const subscription = await client.subscribe("eth", ["syncing"], (state) => heard.push(state));
  await expect.poll(() => heard).toEqual([false]);
  const tell = () => {
    for (const head of heads) head({ removed: [], added: [] });
  };
  tell();
  sync = { startingBlock: 1n, currentBlock: 2n, highestBlock: 9n };
  tell();
  tell();
  const progress = { startingBlock: "0x1", currentBlock: "0x2", highestBlock: "0x9" };
  await expect.poll(() => heard).toEqual([false, progress]);
  await subscription.unsubscribe();
});
