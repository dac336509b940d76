import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createRootRpc, RootRpcError } from "./json-rpc.ts";

describe("JSON-RPC to the root chain", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const answering =
    (body: string): RequestListener =>
    (_, response) => {
      response.end(body);
    };
  const unreachable = { code: "KOMA_E_ROOTCHAIN_UNREACHABLE" };

  it("passes answers on", async () => {
    const rpc = createRootRpc(await serve(answering('{"jsonrpc":"2.0","id":1,"result":"0x7a69"}')));
    expect(await rpc.request("eth_chainId")).toBe("0x7a69");
  });

  it("finds a revert's data where nodes put it", async () => {
    for (const data of ['"0x08c379a0"', '{"data":"0x08c379a0"}', '{"result":"0x08c379a0"}']) {
      const body = `{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":${data}}}`;
      const rpc = createRootRpc(await serve(answering(body)));
      const failure = await rpc.request("eth_call").catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RootRpcError);
      expect(failure).toMatchObject({ rpcCode: 3, data: "0x08c379a0" });
      server?.close();
    }
  });

  it("puts answers of a batch into the order of the questions", async () => {
    const body = '[{"id":2,"result":"b"},{"id":1,"error":{"code":-32000,"message":"no"}},{"id":3,"result":"c"}]';
    const rpc = createRootRpc(await serve(answering(body)));
    const call = { method: "m", params: [] };
    const [first, second, third] = await rpc.batch([call, call, call]);
    expect(first).toBeInstanceOf(RootRpcError);
    expect([second, third]).toEqual(["b", "c"]);
  });

  it.each([
    ["something else than JSON", "<html>"],
    ["nothing", ""],
    ["a number", "7"],
    ["null", "null"],
  ])("calls a server that answers %s unreachable", async (_, body) => {
    const rpc = createRootRpc(await serve(answering(body)));
    await expect(rpc.request("eth_chainId")).rejects.toMatchObject(unreachable);
  });

  it.each([
    ["an object", "{}"],
    ["too few answers", '[{"id":1,"result":1}]'],
    ["answers that are none", "[1,2]"],
  ])("does not take %s for a batch", async (_, body) => {
    const rpc = createRootRpc(await serve(answering(body)));
    const call = { method: "m", params: [] };
    await expect(rpc.batch([call, call])).rejects.toMatchObject(unreachable);
  });

  it("gives up a server that says nothing", async () => {
    const rpc = createRootRpc(await serve(() => undefined), { timeoutMs: 50 });
    await expect(rpc.request("eth_chainId")).rejects.toMatchObject({
      ...unreachable,
      detail: { facts: { timeoutMs: 50 } },
    });
  });

  it("stops when its caller does, with the caller's reason", async () => {
    const rpc = createRootRpc(await serve(() => undefined));
    const stop = new AbortController();
    const asking = rpc.request("eth_chainId", [], stop.signal);
    stop.abort(new Error("enough"));
    await expect(asking).rejects.toThrow("enough");
  });

  it("takes http and https only", () => {
    for (const url of ["ws://127.0.0.1:1", "127.0.0.1:8545", "", "http://"]) {
      expect(() => createRootRpc(url)).toThrow(expect.objectContaining({ code: "KOMA_E_ROOTCHAIN_URL" }));
    }
  });
});
