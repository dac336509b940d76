import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { silentLogger } from "../logger.ts";
import { createRpcServer, type RpcServer, type RpcServerConfig } from "./create-rpc-server.ts";
import type { ExtraMethod, NodeApi } from "./node-api.ts";
import { createRpcClient } from "./rpc-client.ts";

let server: RpcServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

async function serve(
  extra: Readonly<Record<string, ExtraMethod>>,
  config: Partial<RpcServerConfig> = {},
): Promise<RpcServer> {
  const api = { chainId: 1n, clientVersion: "test", extra } as unknown as NodeApi;
  server = await createRpcServer({ api, logger: silentLogger, ...config });
  return server;
}

/** A connection that says what it is told, and everything the server says until it hangs up. */
function dial(first: string): { readonly socket: Socket; readonly heard: Promise<string> } {
  const socket = connect(server.port, "127.0.0.1");
  sockets.push(socket);
  socket.write(first);
  let text = "";
  const heard = new Promise<string>((resolve) => {
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("close", () => resolve(text));
    socket.on("error", () => resolve(text));
  });
  return { socket, heard };
}

const post = (body: string, length = body.length, headers = "") =>
  `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${headers}\r\n${body}`;
const ask = (method: string, id = 1) => JSON.stringify({ jsonrpc: "2.0", id, method, params: [] });

describe("a client that is slow", () => {
  it("to say what it wants is sent away", async () => {
    await serve({}, { limits: { headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const neverEnds = dial("POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    const halfABody = dial(post('{"jsonrpc":', 1_000));
    expect(await neverEnds.heard).toMatch(/^HTTP\/1\.1 408/);
    expect(await halfABody.heard).toMatch(/^HTTP\/1\.1 408/);
  });

  it("to say anything at all is sent away", async () => {
    await serve({}, { limits: { idleTimeoutMs: 100, requestTimeoutMs: 200 } });
    await dial("").heard;
  });

  it("to take its answers cannot fill the memory: others are told to come again, and served once it is gone", async () => {
    const big = "x".repeat(1_000_000);
    await serve({ test_big: () => big, test_small: () => 1 }, { limits: { maxBufferedBytes: 2_500_000 } });
    // Pipelined: the answers stand in the server, because nobody reads them.
    const greedy = dial([1, 2, 3, 4, 5, 6, 7, 8].map((id) => post(ask("test_big", id))).join(""));
    greedy.socket.pause();
    const { url } = server;
    const attempt = async () => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: ask("test_big"),
      });
      await response.text();
      return response.status;
    };
    await expect.poll(attempt, { timeout: 5_000 }).toBe(503);
    greedy.socket.destroy();
    await expect.poll(attempt, { timeout: 5_000 }).toBe(200);
  });
});

it("an answer that is too large becomes an error", async () => {
  await serve({ test_big: () => "x".repeat(2_000) }, { limits: { maxResponseBytes: 1_000 } });
  await expect(createRpcClient(server.url).request("test_big")).rejects.toMatchObject({ code: "KOMA_E_RPC_LIMIT" });
});

it("a program that asks too often is told so, over HTTP and WebSocket", async () => {
  await serve({ test_one: () => 1 }, { limits: { localRequestsPerSecond: 2 } });
  const client = createRpcClient(server.url);
  const batch = await client.batch(Array.from({ length: 6 }, () => ({ method: "test_one" })));
  expect(batch.filter(({ ok }) => ok)).toHaveLength(4);
  expect(batch.at(-1)).toMatchObject({ ok: false, error: { code: "KOMA_E_RPC_RATE", number: -32005 } });
  const socket = new WebSocket(server.wsUrl);
  const answer = await new Promise<string>((resolve) => {
    socket.on("open", () => socket.send(ask("test_one")));
    socket.on("message", (data) => resolve(data.toString()));
  });
  expect(JSON.parse(answer)).toMatchObject({ error: { code: -32005, data: { code: "KOMA_E_RPC_RATE" } } });
  socket.terminate();
});

it("a page of an origin that is not allowed is refused even when its browser did not ask first", async () => {
  await serve({ test_one: () => 1 }, { cors: { origins: ["https://wallet.example"] } });
  const status = async (origin: string) =>
    (
      await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", origin },
        body: ask("test_one"),
      })
    ).status;
  expect(await status("https://evil.example")).toBe(403);
  expect(await status("https://wallet.example")).toBe(200);
  expect(await status(`http://127.0.0.1:${server.port}`)).toBe(200);
});

describe("stopping", () => {
  it("lets what is being worked on end, and takes nothing new", async () => {
    let release = (_: unknown) => {};
    let begun = () => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    await serve({
      test_wait: () => {
        begun();
        return new Promise((resolve) => (release = resolve));
      },
    });
    const { port } = server;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const asked = new Promise<string>((resolve, reject) => {
      const message = request(
        { port, method: "POST", agent, headers: { "content-type": "application/json" } },
        (answer) => {
          let text = "";
          answer.on("data", (chunk) => (text += chunk));
          answer.on("end", () => resolve(text));
        },
      );
      message.on("error", reject);
      message.end(ask("test_wait"));
    });
    await started;
    const closing = server.close();
    await expect(createRpcClient(`http://127.0.0.1:${port}`).request("web3_clientVersion")).rejects.toMatchObject({
      code: "KOMA_E_RPC_UNREACHABLE",
    });
    release("at last");
    expect(JSON.parse(await asked)).toMatchObject({ result: "at last" });
    await closing;
    agent.destroy();
  });

  it("does not wait for ever", async () => {
    let begun = () => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    await serve(
      {
        test_never: () => {
          begun();
          return new Promise(() => {});
        },
      },
      { limits: { drainMs: 50 } },
    );
    const asked = createRpcClient(server.url).request("test_never");
    const refused = expect(asked).rejects.toMatchObject({ code: "KOMA_E_RPC_UNREACHABLE" });
    await started;
    await server.close();
    await refused;
  });
});
