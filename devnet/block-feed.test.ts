import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { KomaError } from "../src/errors.ts";
import { createRpcClient } from "../src/rpc/index.ts";
import { type BlocksSeen, followBlocks } from "./block-feed.ts";
import { lookAtBlocks, RECENT_BLOCKS } from "./recent-blocks.ts";

const MINER = `0x${"ab".repeat(20)}`;

/** A node that answers for a branch of blocks; block n of branch b has the hash 0xb…n. */
interface FakeNode {
  head: number;
  /** From this height on the branch is another one. */
  forkAt: number;
  confidence: (height: number) => number | undefined;
  /** Answers instead of the right block. */
  answer?: unknown;
  requests: number;
  readonly url: string;
  readonly server: Server;
}

const open: Server[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function startNode(head: number): Promise<FakeNode> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      node.requests += 1;
      const calls = JSON.parse(text) as { id: number; method: string; params: [string] }[];
      const answers = calls.map(({ id, method, params: [what] }) => ({ jsonrpc: "2.0", id, ...answer(method, what) }));
      // One connection per request: a server that is closed is then really away.
      response.writeHead(200, { connection: "close" }).end(JSON.stringify(answers));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(server);
  const { port } = server.address() as AddressInfo;
  const node: FakeNode = {
    head,
    forkAt: Number.POSITIVE_INFINITY,
    confidence: () => 0.5,
    requests: 0,
    url: `http://127.0.0.1:${port}`,
    server,
  };
  const hash = (height: number): string =>
    `0x${(height >= node.forkAt ? "b" : "a").padEnd(64 - height.toString(16).length, "0")}${height.toString(16)}`;
  function answer(method: string, what: string): { result: unknown } | { error: unknown } {
    if (method === "koma_getConfidence") {
      const height = Number.parseInt(what.slice(4), 16);
      const confidence = hash(height) === what ? node.confidence(height) : undefined;
      return confidence === undefined
        ? { error: { code: -32000, message: "unknown block" } }
        : { result: { confidence } };
    }
    if (node.answer !== undefined) return { result: node.answer };
    const height = what === "latest" ? node.head : Number(what);
    return {
      result: {
        number: `0x${height.toString(16)}`,
        hash: hash(height),
        parentHash: hash(height - 1),
        miner: MINER,
        timestamp: `0x${(1_700_000_000 + height).toString(16)}`,
        transactions: ["0x1", "0x2"],
      },
    };
  }
  return node;
}

const options = {
  nameOf: (address: string) => (address === MINER ? "alice" : address),
  signal: AbortSignal.timeout(10_000),
};
const numbers = (blocks: readonly { number: number }[]) => blocks.map(({ number }) => number);

describe("looking at a node's blocks", () => {
  test("gives the newest ones with producer, transactions and time, newest first", async () => {
    const node = await startNode(12);
    const rpc = createRpcClient(node.url);
    const first = await lookAtBlocks(rpc, [], options);
    expect(numbers(first)).toEqual([12, 11, 10, 9, 8, 7, 6, 5]);
    expect(first[0]).toMatchObject({ producer: "alice", txs: 2, time: "2023-11-14T22:13:32.000Z", confidence: 0.5 });
    const second = await lookAtBlocks(rpc, first, options);
    expect(second.every(({ confidence }) => confidence === 0.5)).toBe(true);
    // Two requests for the first look, one for the second: nothing was new.
    expect(node.requests).toBe(3);
  });

  test("ends at block 1 on a young chain", async () => {
    const node = await startNode(3);
    expect(numbers(await lookAtBlocks(createRpcClient(node.url), [], options))).toEqual([3, 2, 1]);
  });

  test("confidence follows what the node says, up and down, and stays where it does not know the block", async () => {
    const node = await startNode(9);
    const rpc = createRpcClient(node.url);
    const first = await lookAtBlocks(rpc, await lookAtBlocks(rpc, [], options), options);
    node.confidence = (height) => (height === 9 ? 0.75 : height === 8 ? 0.25 : undefined);
    const next = await lookAtBlocks(rpc, first, options);
    expect(next.slice(0, 3).map(({ confidence }) => confidence)).toEqual([0.75, 0.25, 0.5]);
  });

  test("another branch takes the place of the old one", async () => {
    const node = await startNode(20);
    const rpc = createRpcClient(node.url);
    const before = await lookAtBlocks(rpc, [], options);
    node.forkAt = 18;
    node.head = 21;
    let after = await lookAtBlocks(rpc, before, options);
    after = await lookAtBlocks(rpc, after, options);
    expect(numbers(after)).toEqual([21, 20, 19, 18, 17, 16, 15, 14]);
    expect(after.map(({ hash }) => hash[2])).toEqual(["b", "b", "b", "b", "a", "a", "a", "a"]);
    expect(after).toHaveLength(RECENT_BLOCKS);
  });

  test.each([
    { title: "nothing", answer: "no block" },
    { title: "a number that is none", answer: { number: "0xzz" } },
    { title: "a number too large to count with", answer: { number: `0x${"f".repeat(20)}` } },
  ])("an answer that holds $title is refused", async ({ answer }) => {
    const node = await startNode(5);
    node.answer = answer;
    await expect(lookAtBlocks(createRpcClient(node.url), [], options)).rejects.toThrow("no block");
  });

  test("a confidence that is no share is refused", async () => {
    const node = await startNode(5);
    node.confidence = () => 7;
    await expect(lookAtBlocks(createRpcClient(node.url), [], options)).rejects.toThrow(KomaError);
  });
});

describe("following blocks", () => {
  test("tells of new blocks and of confidence that rises, from another node when the first one dies", async () => {
    const [a, b] = [await startNode(10), await startNode(10)];
    const endpoints = [
      { name: "a", rpcUrl: a.url },
      { name: "b", rpcUrl: b.url },
    ];
    const stop = new AbortController();
    const watcher = watchFeed();
    const feed = followBlocks(
      { endpoints: () => endpoints, nameOf: options.nameOf, signal: stop.signal, lookMs: 5 },
      watcher.show,
    );
    await watcher.until(({ seenBy, blocks }) => seenBy === "a" && blocks[7]?.confidence === 0.5);
    a.confidence = () => 0.875;
    await watcher.until(({ blocks }) => blocks[0]?.confidence === 0.875);
    a.server.close();
    b.head = 11;
    const seen = await watcher.until(({ seenBy }) => seenBy === "b");
    expect(seen.blocks[0]?.number).toBe(11);
    stop.abort();
    await feed;
  });

  test("says that nobody can be asked, and keeps the blocks, when no node is well", async () => {
    const node = await startNode(10);
    let endpoints = [{ name: "a", rpcUrl: node.url }];
    const stop = new AbortController();
    const watcher = watchFeed();
    const feed = followBlocks(
      { endpoints: () => endpoints, nameOf: options.nameOf, signal: stop.signal, lookMs: 5 },
      watcher.show,
    );
    await watcher.until(({ seenBy }) => seenBy === "a");
    endpoints = [];
    const seen = await watcher.until(({ seenBy }) => seenBy === null);
    expect(seen.blocks[0]?.number).toBe(10);
    stop.abort();
    await feed;
  });
});

function watchFeed() {
  const looks = new Set<(seen: BlocksSeen) => void>();
  return {
    show: (seen: BlocksSeen): void => {
      for (const look of [...looks]) look(seen);
    },
    until: (condition: (seen: BlocksSeen) => boolean): Promise<BlocksSeen> =>
      new Promise((resolve) => {
        const look = (seen: BlocksSeen): void => {
          if (!condition(seen)) return;
          looks.delete(look);
          resolve(seen);
        };
        looks.add(look);
      }),
  };
}
