import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { EnvironmentError, ProtocolError } from "../errors.ts";
import { createRpcClient } from "./rpc-client.ts";
import { RpcError } from "./rpc-error.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that answers with whatever the test wants. */
async function answering(answer: (body: string, response: ServerResponse, request: IncomingMessage) => void) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    answer(body, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function reason(promise: Promise<unknown>): Promise<Error & { code?: string; detail?: { facts?: object } }> {
  return promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error) => error,
  );
}

describe("a client", () => {
  it("writes bigints as quantities and bytes as data", async () => {
    const { url } = await answering((body, response) => {
      const { id, params } = JSON.parse(body);
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: params }));
    });
    const client = createRpcClient(url);
    expect(await client.request("echo", [5n, Uint8Array.of(1), { deep: [0n] }])).toEqual([
      "0x5",
      "0x01",
      { deep: ["0x0"] },
    ]);
  });

  it("puts answers of a batch in the order of the calls", async () => {
    const { url } = await answering((body, response) => {
      const requests = JSON.parse(body) as { id: number; method: string }[];
      const answers = requests.map(({ id, method }) =>
        method === "bad"
          ? { jsonrpc: "2.0", id, error: { code: -32000, message: "no" } }
          : { jsonrpc: "2.0", id, result: method },
      );
      response.end(JSON.stringify(answers.reverse()));
    });
    const outcomes = await createRpcClient(url).batch([{ method: "a" }, { method: "bad" }, { method: "c" }]);
    expect(outcomes.map((each) => (each.ok ? each.result : each.error.message))).toEqual(["a", "no", "c"]);
    expect(await createRpcClient(url).batch([])).toEqual([]);
  });

  it("gives the server's error its code, number, data and fix", async () => {
    const data = { code: "KOMA_E_SOMETHING", details: { have: 1, list: [1] }, fix: ["try again"] };
    const { url } = await answering((body, response) => {
      response.end(
        JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(body).id, error: { code: -32000, message: "no", data } }),
      );
    });
    const error = await reason(createRpcClient(url).request("m"));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: "KOMA_E_SOMETHING", number: -32000, data, message: "no" });
    expect(error.detail).toEqual({ facts: { method: "m", number: -32000, have: 1 }, fix: ["try again"] });
  });

  it.each([
    { what: "no JSON", text: "<html>" },
    { what: "a number", text: "1" },
    { what: "no result", text: '{"jsonrpc":"2.0","id":1}' },
    { what: "the id of another request", text: '{"jsonrpc":"2.0","id":99,"result":1}' },
    { what: "a list", text: "[]" },
  ])("calls an answer that is $what malformed", async ({ text }) => {
    const { url } = await answering((_, response) => response.end(text));
    const error = await reason(createRpcClient(url).request("m"));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error.code).toBe("KOMA_E_RPC_MALFORMED");
  });

  it("says when nobody answers, and when the answer takes too long", async () => {
    const { url, server } = await answering(() => {});
    const slow = await reason(createRpcClient(url, { timeoutMs: 50 }).request("m"));
    expect(slow).toBeInstanceOf(EnvironmentError);
    expect(slow.code).toBe("KOMA_E_RPC_TIMEOUT");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const gone = await reason(createRpcClient(url).request("m"));
    expect(gone).toMatchObject({ code: "KOMA_E_RPC_UNREACHABLE", detail: { facts: { url } } });
    const subscription = reason(createRpcClient(url).subscribe("eth", ["newHeads"], () => {}));
    expect((await subscription).code).toBe("KOMA_E_RPC_UNREACHABLE");
  });

  it("stops when its caller aborts", async () => {
    const { url } = await answering(() => {});
    const why = new Error("not needed");
    const abort = new AbortController();
    const pending = reason(createRpcClient(url).request("m", [], abort.signal));
    abort.abort(why);
    expect(await pending).toBe(why);
  });

  it("needs a URL it can talk to", () => {
    for (const url of ["", "127.0.0.1:8545", "ftp://host"]) {
      expect(() => createRpcClient(url)).toThrow(expect.objectContaining({ code: "KOMA_E_RPC_URL_INVALID" }));
    }
  });

  it("keeps notifications that come right behind the answer to a subscription", async () => {
    const { server, url } = await answering(() => {});
    const sockets = new WebSocketServer({ server });
    cleanups.push(() => {
      for (const socket of sockets.clients) socket.terminate();
    });
    sockets.on("connection", (socket) => {
      socket.on("message", (data) => {
        const { id } = JSON.parse(data.toString());
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: "0x1" }));
        for (const result of [1, 2]) {
          socket.send(
            JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription: "0x1", result } }),
          );
        }
      });
    });
    const seen: unknown[] = [];
    const client = createRpcClient(url.replace("http", "ws"));
    await client.subscribe("eth", ["newHeads"], (result) => seen.push(result));
    await vi.waitFor(() => expect(seen).toEqual([1, 2]));
    await client.close();
  });
});
