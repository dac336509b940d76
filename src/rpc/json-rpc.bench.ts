import { Agent, request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { silentLogger } from "../logger.ts";
import { createRpcServer } from "./create-rpc-server.ts";
import { answerJsonRpc } from "./json-rpc.ts";
import { defaultRpcLimits } from "./limits.ts";
import type { NodeApi } from "./node-api.ts";

const options = { limits: defaultRpcLimits, clock: systemClock, logger: silentLogger };
const raw = `0x02${"ab".repeat(110)}`;
const single = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_sendRawTransaction", params: [raw] });
const batch = `[${Array(50).fill(single).join(",")}]`;
const accept = async () => "0x00";

// What does the envelope cost a transaction, apart from HTTP? Budget with HTTP: 80 µs single, 6 µs in a batch of 50.
test("answering one request", async ({ bench }) => {
  const result = await bench("eth_sendRawTransaction", async () => {
    await answerJsonRpc(single, accept, options);
  }).run();
  expect(result.latency.mean).toBeLessThan(0.1); // ms
});

test("answering a batch of 50", async ({ bench }) => {
  const result = await bench("50 × eth_sendRawTransaction", async () => {
    await answerJsonRpc(batch, accept, options);
  }).run();
  expect(result.latency.mean).toBeLessThan(2); // ms
});

test("one request over HTTP, kept alive", async ({ bench }) => {
  const unused = () => {
    throw new Error("not asked in this benchmark");
  };
  const api = new Proxy({ chainId: 1n, clientVersion: "bench" } as NodeApi, {
    get: (target, name) => (name === "extra" ? undefined : (target[name as keyof NodeApi] ?? unused)),
  });
  const server = await createRpcServer({ api, logger: silentLogger });
  const agent = new Agent({ keepAlive: true });
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": body.length };
      const request = httpRequest({ port: server.port, method: "POST", agent, headers }, (response) => {
        response.resume();
        response.once("end", resolve);
      });
      request.once("error", reject);
      request.end(body);
    });
  const result = await bench("eth_chainId", ask).run();
  agent.destroy();
  await server.close();
  expect(result.latency.mean).toBeLessThan(5); // ms, client and server in one process
});
