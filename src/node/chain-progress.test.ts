import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTestChain, type TestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import { drawDag } from "../../test/support/draw-dag.ts";
import type { BlockRef, Confidence, Effect, UnitHash } from "../consensus/index.ts";
import { silentLogger } from "../logger.ts";
import { type Hash, keccakHash, timestamp, utf8 } from "../primitives/index.ts";
import { createTxPool, devnetPoolRules } from "../txpool/index.ts";
import type { BlockService } from "./block-service.ts";
import { type ChainProgress, createChainProgress } from "./chain-progress.ts";
import { createChainView } from "./chain-view.ts";
import { FINALIZED } from "./config.ts";
import { createNodeEventBus } from "./events.ts";
import { createFinalUnits } from "./final-units.ts";
import { createProducerPolicy } from "./producer-policy.ts";

const HIGH = 0.8;
const { instance } = drawDag({ alice: 1, bob: 1, carol: 1 });
const nextInstance = drawDag({ alice: 1, bob: 1, carol: 2 }).instance;
const confidence: Confidence = {
  fraction: 1,
  maxT: 2,
  level: 3,
  quorum: 3,
  faultyWeight: 0,
  total: 3,
} as Confidence;

describe("following what consensus calls final", () => {
  const directories = temporaryDirectories();
  let chain: TestChain;
  let progress: ChainProgress;
  /** Blocks by the unit that carries them; those that a restart has left on disk are not among them. */
  let links: Map<UnitHash, Hash>;
  let reported: { readonly fraction: number; readonly number: bigint }[];
  let ended: Hash[];
  let fatals: unknown[];
  beforeEach(async () => {
    chain = await openTestChain({ directory: directories.create() });
    links = new Map();
    reported = [];
    ended = [];
    fatals = [];
  });
  afterEach(() => {
    expect(fatals).toEqual([]);
    chain.close();
    directories.cleanUp();
  });

  function start(): void {
    const view = createChainView(chain.executor, chain.store.blocks);
    progress = createChainProgress([FINALIZED, HIGH], {
      executor: chain.executor,
      store: chain.store,
      chain: view,
      blocks: { hashOf: (unit: UnitHash) => links.get(unit) } as BlockService,
      pool: createTxPool(devnetPoolRules(30_000_000n)),
      finalUnits: createFinalUnits(chain.store.meta),
      policy: createProducerPolicy(devnetPoolRules(30_000_000n)),
      events: createNodeEventBus(),
      consensus: () => ({ confidence: () => undefined, totalWeight: 3 }),
      now: () => 0,
      publish: {
        headChanged: () => {},
        final: (fraction, { header }) => reported.push({ fraction, number: header.number }),
      },
      onFinalized: () => {},
      onEraEnded: (_, __, hash) => ended.push(hash),
      fatal: (error) => fatals.push(error),
      logger: silentLogger,
    });
  }

  const unitOf = (height: number) => keccakHash(utf8(`unit ${height}`)) as string as UnitHash;

  function final(height: number, fraction: number, terminal = false): Extract<Effect, { kind: "finalize" }> {
    const block: BlockRef = {
      unit: unitOf(height),
      parent: undefined,
      height,
      creator: 0,
      t: timestamp(height * 1000),
      payloadHash: keccakHash(utf8("payload")),
      payload: undefined,
      terminal,
    };
    return { kind: "finalize", block, threshold: 0, fraction, confidence };
  }

  async function build(height: number): Promise<Hash> {
    const parent = height === 1 ? chain.executor.finalHead.hash : (links.get(unitOf(height - 1)) as Hash);
    const { block } = await chain.build([], { parent });
    links.set(unitOf(height), block.hash);
    return block.hash;
  }

  const numbersAt = (fraction: number) =>
    reported.filter((each) => each.fraction === fraction).map(({ number }) => number);

  it("is not held up by blocks that were on disk before a restart, which no unit is linked to", async () => {
    const mark = { threshold: HIGH.toFixed(6), height: 0n, hash: chain.executor.finalHead.hash, confidence: 1n };
    chain.store.finality.mark(mark);
    await chain.extend([]);
    await chain.extend([]);
    start();
    await chain.build([]).then(({ block }) => links.set(unitOf(3), block.hash));
    // The high threshold has nothing yet in this era: after a restart it begins with the era's first block.
    progress.finalized(final(1, HIGH), instance);
    progress.finalized(final(2, HIGH), instance);
    progress.finalized(final(3, FINALIZED), instance);
    await progress.settled();
    expect(chain.executor.finalHead.number).toBe(3n);
    expect(numbersAt(FINALIZED)).toEqual([3n]);
    expect(numbersAt(HIGH)).toEqual([1n, 2n]);
  });

  it("gives up when a block cannot be written, and does not try it over and over", async () => {
    start();
    for (const height of [1, 2]) await build(height);
    // A mock of a disk that is full.
    const finalize = vi.spyOn(chain.executor, "finalize").mockRejectedValue(new Error("the disk is full"));
    progress.finalized(final(1, FINALIZED), instance);
    progress.finalized(final(2, FINALIZED), instance);
    await progress.settled();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(fatals.splice(0)).toEqual([new Error("the disk is full")]);
    expect(finalize).toHaveBeenCalledTimes(1);
    finalize.mockRestore();
  });

  it("begins a new threshold above what is final at it, and forgets one that nobody watches", async () => {
    const LATE = 0.6;
    const watch = (thresholds: readonly number[], kept: boolean, reached?: number) =>
      progress.watch({
        thresholds,
        isKept: (fraction) => fraction !== LATE || kept,
        reached: (fraction) => (fraction === LATE && reached !== undefined ? final(reached, LATE).block : undefined),
      });
    start();
    for (const height of [1, 2, 3, 4, 5]) await build(height);
    for (const height of [1, 2, 3, 4]) progress.finalized(final(height, FINALIZED), instance);
    await progress.settled();
    expect(progress.finalAt(HIGH)).toBe(chain.store.blocks.hashOf(0n));
    progress.headChanged(final(5, FINALIZED).block);
    watch([FINALIZED, LATE, HIGH], false, 2);
    expect(progress.finalAt(LATE)).toBe(links.get(unitOf(2)));
    // An era border may leave a gap: it is filled.
    progress.finalized(final(4, LATE), instance);
    progress.finalized(final(4, LATE), instance);
    await progress.settled();
    expect(numbersAt(LATE)).toEqual([3n, 4n]);
    expect(chain.store.finality.newest(LATE.toFixed(6))).toBeUndefined();
    watch([FINALIZED, HIGH], false);
    progress.finalized(final(5, LATE), instance);
    progress.finalized(final(5, FINALIZED), instance);
    await progress.settled();
    expect(numbersAt(FINALIZED)).toEqual([1n, 2n, 3n, 4n, 5n]);
    // Watched for good: its marks are stored, and a later look goes on from them.
    watch([FINALIZED, LATE, HIGH], true, 3);
    progress.finalized(final(4, LATE), instance);
    await progress.settled();
    expect(chain.store.finality.newest(LATE.toFixed(6))?.height).toBe(4n);
    watch([FINALIZED, HIGH], true);
    watch([FINALIZED, LATE, HIGH], true, 3);
    progress.finalized(final(4, LATE), instance);
    progress.finalized(final(5, LATE), instance);
    await progress.settled();
    expect(numbersAt(LATE)).toEqual([3n, 4n, 4n, 5n]);
  });

  it("ends an era once its last block is on disk, also when that is said again", async () => {
    start();
    const hash = await build(1);
    progress.finalized(final(1, FINALIZED, true), instance);
    await progress.settled();
    expect(ended).toEqual([hash]);
    progress.finalized(final(1, FINALIZED, true), instance);
    await progress.settled();
    expect(ended).toEqual([hash, hash]);
  });

  it("reports blocks that an ended era left open at a high threshold with the first later one, each once", async () => {
    start();
    for (const height of [1, 2, 3, 4]) await build(height);
    progress.finalized(final(1, FINALIZED), instance);
    progress.finalized(final(1, HIGH), instance);
    progress.finalized(final(2, FINALIZED, true), instance);
    progress.finalized(final(3, FINALIZED), nextInstance);
    progress.finalized(final(4, FINALIZED), nextInstance);
    await progress.settled();
    expect(numbersAt(HIGH)).toEqual([1n]);
    progress.finalized(final(3, HIGH), nextInstance);
    // The old era's last word on the matter comes too late.
    progress.finalized(final(2, HIGH, true), instance);
    progress.finalized(final(4, HIGH), nextInstance);
    await progress.settled();
    expect(numbersAt(HIGH)).toEqual([1n, 2n, 3n, 4n]);
    expect(numbersAt(FINALIZED)).toEqual([1n, 2n, 3n, 4n]);
  });
});
