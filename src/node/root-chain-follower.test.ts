import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Genesis } from "../chain/index.ts";
import { silentLogger } from "../logger.ts";
import { type Address, type Hash, keccakHash, timestamp, utf8, zeroHash } from "../primitives/index.ts";
import { openStore, type Store, type StoredCheckpoint } from "../storage/index.ts";
import type { VouchedRange } from "./block-sync.ts";
import type { Rollback } from "./consensus-driver.ts";
import { createNodeEventBus } from "./events.ts";
import type { NodeRootChain, RootBlock, RootEvent } from "./root-chain.ts";
import { createRootChainFollower, type RootChainFollowerPorts } from "./root-chain-follower.ts";

const LENGTH = 4n;
const genesis = { chainId: 80_401n, consensus: { baseRoundMs: 1_000 } } as Genesis;
const proposer = `0x${"ab".repeat(20)}` as Address;
const hashOf = (text: string): Hash => keccakHash(utf8(text));

type Submitted = Extract<RootEvent, { type: "checkpointSubmitted" }>;

/** What the contract says when checkpoints are submitted and rejected, one event per root-chain block. */
class History {
  readonly blocks: RootBlock[] = [];
  standing: Submitted[] = [];
  #generation = 0n;

  submit(): void {
    const number = BigInt(this.standing.length) + 1n;
    const start = (number - 1n) * LENGTH + 1n;
    const name = `checkpoint ${number} of generation ${this.#generation}`;
    const event: Submitted = {
      type: "checkpointSubmitted",
      epoch: 1n,
      number,
      proposer,
      start,
      end: start + LENGTH - 1n,
      rootHash: hashOf(`root of ${name}`),
      lastBlockHash: hashOf(`last block of ${name}`),
      accountHash: zeroHash,
      generation: this.#generation,
    };
    this.standing.push(event);
    this.#add(event);
  }

  reject(number: bigint): void {
    this.standing = this.standing.slice(0, Number(number) - 1);
    this.#generation += 1n;
    const bannedBlock = hashOf(`bad block ${this.#generation}`);
    this.#add({ type: "checkpointRejected", number, generation: this.#generation, bannedBlock, ejected: [] });
  }

  takenBackAfter(generation: bigint): bigint | undefined {
    const numbers = this.blocks.flatMap(({ events: [event] }) =>
      event?.type === "checkpointRejected" && event.generation > generation ? [event.number] : [],
    );
    return numbers.length === 0 ? undefined : numbers.reduce((a, b) => (a < b ? a : b));
  }

  #add(event: RootEvent): void {
    const number = BigInt(this.blocks.length) + 1n;
    this.blocks.push({ number, timestamp: 1_700_000_000n + number, events: [event] });
  }
}

/** A node's store with the follower on it; its chain is only the last blocks of checkpoints. */
class FollowingNode {
  readonly rollbacks: Rollback[] = [];
  /** Last block of each checkpoint whose blocks are here, by height. */
  readonly chain = new Map<bigint, Hash>();
  readonly #store: Store;
  readonly #history: History;

  constructor(store: Store, history: History) {
    this.#store = store;
    this.#history = history;
  }

  /** Reads the root chain from block `from` on, as after a start. */
  async read(from: number): Promise<void> {
    let fatal: unknown;
    const unused = {} as never;
    const ports: RootChainFollowerPorts = {
      rootChain: {
        checkpoints: unused,
        lateSlashS: async () => 0,
        newestSet: async () => undefined,
        takenBackAfter: async (generation) => this.#history.takenBackAfter(generation),
        follow: async (_, handler) => {
          for (const block of this.#history.blocks.slice(from)) await handler.block(block);
        },
      } satisfies NodeRootChain,
      store: { ...this.#store, blocks: { ...this.#store.blocks, hashOf: (height) => this.chain.get(height) } },
      deposits: unused,
      executor: { rollback: async (height: bigint) => this.#cut(height) } as never,
      blockSync: { serve: unused, fetch: (range, _, isVoid) => this.#fetch(range, isVoid) },
      chain: { head: { header: { number: 0n } } } as never,
      progress: () => ({ settled: async () => {}, rolledBack: () => {}, imported: () => {} }) as never,
      driver: () => ({ halt: () => {}, rollBack: (rollback: Rollback) => this.#rolledBack(rollback) }) as never,
      checkpoints: () => ({ poke: () => {} }) as never,
      moved: () => {},
      events: createNodeEventBus(),
      fatal: (error) => {
        fatal = error;
      },
      logger: silentLogger,
    };
    const follower = createRootChainFollower(genesis, ports);
    follower.start(new AbortController().signal);
    await follower.stopped();
    if (fatal) throw fatal;
  }

  known(): readonly StoredCheckpoint[] {
    return this.#store.checkpoints.list(1n, 1_000);
  }

  #cut(height: bigint): void {
    for (const known of [...this.chain.keys()]) if (known > height) this.chain.delete(known);
  }

  /** Peers have the blocks of the checkpoints that stand now, and no others. */
  async #fetch(range: VouchedRange, isVoid: () => Promise<boolean>) {
    if (this.#history.standing.some(({ lastBlockHash }) => lastBlockHash === range.lastBlockHash)) {
      this.chain.set(range.end, range.lastBlockHash);
      return [];
    }
    if (await isVoid()) return undefined;
    throw new Error(`nobody will ever have the blocks up to ${range.end}`);
  }

  #rolledBack(rollback: Rollback): void {
    this.rollbacks.push(rollback);
    this.#store.instances.open({
      hash: hashOf(`instance ${rollback.generation}`),
      generation: rollback.generation,
      era: 0n,
      keyBlock: zeroHash,
      start: timestamp(rollback.start),
      body: new Uint8Array(0),
    });
  }
}

describe("the root-chain follower", () => {
  let folder: string;
  let stores: Store[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "koma-follower-"));
    stores = [];
  });
  afterEach(() => {
    for (const store of stores) store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function newNode(history: History): FollowingNode {
    const store = openStore(join(folder, String(stores.length)), { chainId: genesis.chainId, logger: silentLogger });
    stores.push(store);
    return new FollowingNode(store, history);
  }

  /** Makes a history with a node that follows it and has every block when its checkpoint is submitted. */
  async function live(steps: readonly number[]): Promise<{ history: History; node: FollowingNode }> {
    const history = new History();
    const node = newNode(history);
    for (const step of steps) {
      if (step === 0 || history.standing.length === 0) history.submit();
      else history.reject(BigInt(Math.max(1, history.standing.length - step + 1)));
      const newest = history.standing.at(-1);
      if (newest && step === 0) node.chain.set(newest.end, newest.lastBlockHash);
      await node.read(history.blocks.length - 1);
    }
    return { history, node };
  }

  it("knows checkpoint 4 though it reads its submission after 5 and then 3 were rejected", async () => {
    const { history, node } = await live([0, 0, 0, 0, 0, 1, 2, 0]);
    const late = newNode(history);
    await late.read(0);
    expect(late.known()).toEqual(node.known());
    expect(late.known().map(({ number, generation, status }) => [number, generation, status])).toEqual([
      [1n, 0n, "pending"],
      [2n, 0n, "pending"],
      [3n, 0n, "rejected"],
      [3n, 2n, "pending"],
      [4n, 0n, "rejected"],
      [5n, 0n, "rejected"],
    ]);
    // The instance of the first rejection stood on blocks that nobody has any more.
    expect(late.rollbacks).toEqual(node.rollbacks.slice(-1));
  });

  it("learns from any history what it would have learned by following, however often it is interrupted", async () => {
    // 0 submits; k rejects the k-th from the end.
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 16,
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(fc.nat(15), { maxLength: 2 }), async (taken, restarts) => {
        const { history, node } = await live(taken);
        const late = newNode(history);
        await late.read(0);
        for (const from of restarts) await late.read(from % history.blocks.length);
        expect(late.known()).toEqual(node.known());
        const last = late.rollbacks.at(-1);
        expect(last).toEqual(node.rollbacks.at(-1));
        for (const { end, lastBlockHash } of history.standing) {
          if (last && end <= last.lastGood) expect(late.chain.get(end)).toBe(lastBlockHash);
        }
      }),
      { numRuns: 15 },
    );
  });
});
