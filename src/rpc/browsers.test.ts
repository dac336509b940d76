import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { serveRpc } from "../../test/support/served-rpc.ts";

const served = serveRpc();

describe("browsers", () => {
  const rpc = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';

  it("on other pages get no access unless their origin is allowed", async () => {
    const json = { "content-type": "application/json", origin: "https://evil.example" };
    expect((await served.post(rpc, json)).headers.get("access-control-allow-origin")).toBeNull();
    served.server = await served.serve({ cors: { origins: ["https://wallet.example"] } });
    expect((await served.post(rpc, json)).headers.get("access-control-allow-origin")).toBeNull();
    const allowed = await served.post(rpc, { ...json, origin: "https://wallet.example" });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://wallet.example");
    const socket = new WebSocket(served.server.wsUrl, { origin: "https://evil.example" });
    await expect(new Promise((_, reject) => socket.on("error", reject))).rejects.toThrow("403");
  });

  it("ask first on a devnet and are let in from anywhere", async () => {
    served.server = await served.serve({ cors: { origins: "*" } });
    const headers = {
      origin: "https://dapp.example",
      "access-control-request-method": "POST",
      "access-control-request-private-network": "true",
    };
    const answer = await fetch(served.server.url, { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type",
      "access-control-allow-private-network": "true",
    });
  });

  it("cannot post as plain text, which needs no question", async () => {
    expect((await served.post(rpc, { "content-type": "text/plain" })).status).toBe(415);
  });

  it("cannot reach the server under a rebound name", async () => {
    const statusFor = (host: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(served.server.port, "127.0.0.1", () => {
          socket.end(
            `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${rpc.length}\r\n\r\n${rpc}`,
          );
        });
        socket.once("data", (data) => resolve(data.toString().slice(9, 12)));
      });
    expect(await statusFor(`evil.example:${served.server.port}`)).toBe("403");
    expect(await statusFor(`localhost:${served.server.port}`)).toBe("200");
    expect(await statusFor("[::1]:1")).toBe("200");
    served.server = await served.serve({ allowedHosts: ["node-1"] });
    expect(await statusFor("node-1:8545")).toBe("200");
  });
});

describe("methods for programs on the node's machine", () => {
  const ask = (headers: Record<string, string>) =>
    fetch(served.server.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "koma_localEcho", params: [7] }),
    }).then((response) => response.json());

  it("answer those, and nobody whom a proxy or a page speaks for", async () => {
    expect(await ask({})).toMatchObject({ result: 7 });
    for (const headers of [{ "x-forwarded-for": "203.0.113.9" }, { forwarded: "for=203.0.113.9" }]) {
      expect(await ask(headers)).toMatchObject({ error: { data: { code: "KOMA_E_RPC_LOCAL_ONLY" } } });
    }
    expect(served.server.methods).not.toContain("koma_localEcho");
    expect(served.server.localMethods).toEqual(["koma_localEcho"]);
  });
});
