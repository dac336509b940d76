import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning } from "../../src/cli/index.ts";
import { readTail } from "../log-tail.ts";
import { type AnvilOptions, startAnvil } from "./anvil.ts";
import { callRootChain } from "./root-chain-call.ts";
import { waitUntil } from "./wait-until.ts";

const forever = new AbortController().signal;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "koma-anvil-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function optionsFor(port: number): AnvilOptions {
  return {
    dir,
    host: "127.0.0.1",
    port,
    chainId: 31337,
    mnemonic: "test test test test test test test test test test test junk",
    accounts: 1,
    balanceEth: 1,
    statePath: join(dir, "l1", "state.json"),
    logPath: join(dir, "anvil.log"),
  };
}

/** Answers every request as an Ethereum node of the same chain id would. */
function startStranger(port = 0): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x7a69" })));
    });
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}

describe("anvil", () => {
  it("is not mistaken for another chain that answers on its port", async () => {
    const stranger = await startStranger();
    try {
      // It answers faster than anvil can find out that the port is taken.
      expect(await callRootChain(`http://127.0.0.1:${portOf(stranger)}`, "eth_chainId")).toBe("0x7a69");
      const started = startAnvil(optionsFor(portOf(stranger)), forever);
      await expect(started).rejects.toMatchObject({
        code: "KOMA_E_PORT_TAKEN",
        detail: { facts: { pid: process.pid } },
      });
    } finally {
      await close(stranger);
    }
  });

  it("comes up on a port that somebody had for a moment", async () => {
    const stranger = await startStranger();
    const options = optionsFor(portOf(stranger));
    const started = startAnvil(options, forever);
    await waitUntil(() => readTail(options.logPath, 1)[0], { signal: AbortSignal.timeout(10_000) });
    await close(stranger);
    const anvil = await started;
    expect(await callRootChain(anvil.url, "eth_chainId")).toBe("0x7a69");
    await anvil.stop();
  });

  it("goes on from what was saved, and saves nothing once it has ended", async () => {
    const stranger = await startStranger();
    const options = optionsFor(portOf(stranger));
    await close(stranger);

    const first = await startAnvil(options, forever);
    expect(first.resumed).toBe(false);
    await callRootChain(first.url, "anvil_mine", ["0x5"]);
    await first.save();
    await first.stop();
    expect(isRunning(first.process)).toBe(false);
    const usurper = await startStranger(options.port);
    await expect(first.save()).rejects.toMatchObject({ code: expect.stringMatching(/^KOMA_E_/) });
    await close(usurper);

    const second = await startAnvil(options, forever);
    try {
      expect(second.resumed).toBe(true);
      expect(Number(await callRootChain(second.url, "eth_blockNumber"))).toBe(5);
    } finally {
      await second.stop();
    }
  });
});
