import { Interface } from "ethers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, hashFromBytes, keccak256, utf8 } from "../primitives/index.ts";
import type { Artifacts } from "./artifacts.ts";
import type { RootContracts } from "./deployment-plan.ts";
import { createEventLog, type EventBatch } from "./event-log.ts";
import type { RootRpc } from "./json-rpc.ts";

const abi = new Interface(["event Tick(uint256 value)"]);
const address = "0x00000000000000000000000000000000000000aa" as Address;
const contracts = { Clock: address } as unknown as RootContracts;
const artifacts = {
  of: () => ({ abi: [{ type: "event", name: "Tick", inputs: [{ name: "value", type: "uint256" }] }] }),
} as unknown as Artifacts;

interface FakeBlock {
  readonly hash: string;
  readonly values: readonly number[];
}

/** A root chain of numbers: block n says the values of `blocks[n]`. */
class FakeRoot implements RootRpc {
  readonly url = "http://fake";
  blocks: FakeBlock[] = [{ hash: hashOf("genesis"), values: [] }];
  #made = 0;

  grow(values: readonly number[]): void {
    this.#made += 1;
    this.blocks.push({ hash: hashOf(`block ${this.#made}`), values });
  }

  async request(method: string, params: readonly unknown[] = []): Promise<unknown> {
    if (method === "eth_blockNumber") return hex(this.blocks.length - 1);
    if (method === "eth_getLogs") return this.#logs(params[0] as { fromBlock: string; toBlock: string });
    if (method === "eth_getBlockByNumber") {
      const block = this.blocks[Number(params[0])];
      return block ? { hash: block.hash } : null;
    }
    throw new Error(`unexpected ${method}`);
  }

  batch(calls: readonly { method: string; params: readonly unknown[] }[]): Promise<unknown[]> {
    return Promise.all(calls.map(({ method, params }) => this.request(method, params)));
  }

  #logs({ fromBlock, toBlock }: { fromBlock: string; toBlock: string }): unknown[] {
    const logs: unknown[] = [];
    for (let number = Number(fromBlock); number <= Number(toBlock); number += 1) {
      const block = this.blocks[number];
      block?.values.forEach((value, logIndex) => {
        const { topics, data } = abi.encodeEventLog("Tick", [value]);
        const place = { blockNumber: hex(number), blockHash: block.hash, logIndex: hex(logIndex) };
        logs.push({ address, topics, data, transactionHash: hashOf("tx"), ...place });
      });
    }
    // Nodes promise no order.
    return logs.reverse();
  }
}

/** What somebody knows who heeds every batch: values by block. */
class Follower {
  readonly known = new Map<bigint, number[]>();

  take(batch: EventBatch): void {
    if (batch.kind === "rollback") {
      for (const number of this.known.keys()) if (number > batch.to) this.known.delete(number);
      return;
    }
    for (const { blockNumber, args } of batch.events) {
      const values = this.known.get(blockNumber) ?? [];
      this.known.set(blockNumber, [...values, Number(args["value"])]);
    }
  }

  all(): number[] {
    return [...this.known].sort(([a], [b]) => Number(a - b)).flatMap(([, values]) => values);
  }
}

type Step = { kind: "grow"; values: number[] } | { kind: "reorg"; depth: number; length: number } | { kind: "poll" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("grow" as const), values: fc.array(fc.nat(1_000), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("reorg" as const), depth: fc.integer({ min: 1, max: 6 }), length: fc.nat(8) }),
  fc.record({ kind: fc.constant("poll" as const) }),
);

describe("event log", () => {
  it("leaves a follower with the chain's events, each once, whatever was reorganised on the way", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, confirmations, maxRange) => {
          const root = new FakeRoot();
          const log = createEventLog({ rpc: root, contracts, artifacts, from: 1n, confirmations, maxRange });
          const follower = new Follower();
          for (const next of steps) {
            if (next.kind === "grow") root.grow(next.values);
            else if (next.kind === "reorg") {
              root.blocks = root.blocks.slice(0, Math.max(1, root.blocks.length - next.depth));
              for (let i = 0; i < next.length; i += 1) root.grow([5_000 + i]);
            } else {
              const batch = await log.poll();
              if (batch) follower.take(batch);
            }
          }
          // As many blocks as it takes for the last reorganisation to be noticed.
          for (let i = 0; i < 20; i += 1) root.grow([]);
          for (let batch = await log.poll(); batch; batch = await log.poll()) follower.take(batch);
          const confirmed = root.blocks.slice(1, root.blocks.length - confirmations);
          expect(follower.all()).toEqual(confirmed.flatMap(({ values }) => values));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("says so when more was replaced than it remembers", async () => {
    const root = new FakeRoot();
    for (let i = 0; i < 200; i += 1) root.grow([i]);
    const log = createEventLog({ rpc: root, contracts, artifacts, from: 1n, confirmations: 0 });
    while (await log.poll());
    root.blocks = root.blocks.slice(0, 100);
    for (let i = 0; i < 150; i += 1) root.grow([i]);
    await expect(log.poll()).rejects.toMatchObject({ code: "KOMA_E_ROOTCHAIN_REORG_DEEP" });
  });

  it("does not believe logs of another branch than the blocks'", async () => {
    const root = new FakeRoot();
    root.grow([1]);
    const torn: RootRpc = {
      url: root.url,
      batch: (calls) => root.batch(calls),
      async request(method, params) {
        const answer = await root.request(method, params);
        if (method === "eth_getLogs")
          for (const log of answer as { blockHash: string }[]) log.blockHash = hashOf("other");
        return answer;
      },
    };
    const log = createEventLog({ rpc: torn, contracts, artifacts, from: 1n, confirmations: 0 });
    expect(await log.poll()).toBeUndefined();
    expect(log.cursor.nextBlock).toBe(1n);
  });
});

function hashOf(text: string): string {
  return hashFromBytes(keccak256(utf8(text)));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
