import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { describeLoad, readNodeLoads, tpsOf } from "./load.ts";
import type { RecentBlock } from "./recent-blocks.ts";

const block = (number: number, second: number, txs: number): RecentBlock => ({
  number,
  hash: `0x${number}`,
  parentHash: `0x${number - 1}`,
  producer: "validator-0",
  txs,
  time: new Date(second * 1_000).toISOString(),
  confidence: null,
});

describe("transactions per second", () => {
  it("are those of the blocks after the oldest, over the time since it", () => {
    expect(tpsOf([block(3, 14, 6), block(2, 12, 2), block(1, 10, 500)])).toBe(2);
  });

  it("are not known from fewer than two blocks", () => {
    expect([tpsOf([]), tpsOf([block(1, 10, 5)])]).toEqual([null, null]);
  });
});

describe("the load of nodes", () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  const serve = async (result: unknown): Promise<string> => {
    const server = createServer((_, response) => response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result })));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it("is told of those that answer and know", async () => {
    const well = await serve({ pool: { pending: 3, queued: 1 }, memory: { residentBytes: 9e7 } });
    const old = await serve({ pool: { pending: 3, queued: 1 } });
    const gone = await serve({});
    servers.pop()?.close();
    const nodes = [well, old, gone].map((rpcUrl, index) => ({ name: `validator-${index}`, rpcUrl }));
    expect(await readNodeLoads(nodes)).toEqual([{ name: "validator-0", pending: 3, queued: 1, memoryBytes: 9e7 }]);
  });

  it("is said in words", () => {
    const nodes = [
      { name: "a", pending: 3, queued: 0, memoryBytes: 91e6 },
      { name: "b", pending: 2, queued: 4, memoryBytes: 120e6 },
    ];
    expect(describeLoad({ tps: 1.25, finalityLag: 2, nodes })).toEqual([
      "1.3 tx/s",
      "finality 2 blocks behind",
      "pool 3 pending, 4 queued",
      "memory 91 to 120 MB a node",
    ]);
    expect(describeLoad({ tps: null, finalityLag: 1, nodes: [] })).toEqual(["finality 1 block behind"]);
  });
});
