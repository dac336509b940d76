import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestChain, type TestChain, temporaryDirectories } from "../../test/support/chain-fixture.ts";
import type { Hash } from "../primitives/index.ts";
import { type ChainView, createChainView } from "./chain-view.ts";

describe("the chain as a node sees it", () => {
  const directories = temporaryDirectories();
  let chain: TestChain;
  let view: ChainView;
  beforeEach(async () => {
    chain = await openTestChain({ directory: directories.create() });
    view = createChainView(chain.executor, chain.store.blocks);
  });
  afterEach(() => {
    chain.close();
    directories.cleanUp();
  });

  /** A block on `parent` that differs from its siblings by its time. */
  async function on(parent: Hash, offset = 1n): Promise<Hash> {
    const { timestamp } = chain.executor.headerAt(parent);
    const built = await chain.build([], { parent, timestamp: timestamp + offset });
    return built.block.hash;
  }
  const hashes = (list: readonly { readonly block: { readonly hash: Hash } }[]) => list.map(({ block }) => block.hash);

  it("begins with the genesis block as its head", () => {
    expect(view.head.hash).toBe(chain.executor.finalHead.hash);
    expect(view.hashAt(0n)).toBe(view.head.hash);
    expect(view.hashAt(1n)).toBeUndefined();
    expect(view.unfinal()).toEqual([]);
  });

  it("moves over several blocks at once, and says which came", async () => {
    const a1 = await on(view.head.hash);
    const a2 = await on(a1);
    const change = view.moveHead(a2);
    expect(hashes(change?.added ?? [])).toEqual([a1, a2]);
    expect(change?.removed).toEqual([]);
    expect([0n, 1n, 2n, 3n].map((number) => view.hashAt(number))).toEqual([expect.any(String), a1, a2, undefined]);
    expect(hashes(view.unfinal())).toEqual([a1, a2]);
    expect(view.moveHead(a2)).toBeUndefined();
  });

  it("moves between forks: what left comes newest first, what came oldest first", async () => {
    //   genesis ── a1 ── a2 ── a3
    //         \── b1 ── b2
    const genesis = view.head.hash;
    const a1 = await on(genesis);
    const a2 = await on(a1);
    const a3 = await on(a2);
    const b1 = await on(genesis, 2n);
    const b2 = await on(b1);
    view.moveHead(a3);
    const change = view.moveHead(b2);
    expect(hashes(change?.removed ?? [])).toEqual([a3, a2, a1]);
    expect(hashes(change?.added ?? [])).toEqual([b1, b2]);
    expect(view.hashAt(1n)).toBe(b1);
    // The new branch is shorter: what stood above it is not there any more.
    expect(view.hashAt(3n)).toBeUndefined();
    expect([a1, a2, a3].map((hash) => view.isCanonical(hash))).toEqual([false, false, false]);
    expect(view.isCanonical(b2)).toBe(true);
    const back = view.moveHead(a1);
    expect([hashes(back?.removed ?? []), hashes(back?.added ?? [])]).toEqual([[b2, b1], [a1]]);
  });

  it("moves back along its own branch", async () => {
    const a1 = await on(view.head.hash);
    const a2 = await on(a1);
    view.moveHead(a2);
    const change = view.moveHead(a1);
    expect([hashes(change?.removed ?? []), hashes(change?.added ?? [])]).toEqual([[a2], []]);
    expect(view.head.header.number).toBe(1n);
  });

  it("finds final and unfinal blocks alike", async () => {
    const a1 = await on(view.head.hash);
    const a2 = await on(a1);
    view.moveHead(a2);
    await chain.executor.finalize(a1);
    expect(hashes(view.unfinal())).toEqual([a2]);
    for (const [number, hash] of [a1, a2].entries()) {
      expect(view.hashAt(BigInt(number) + 1n)).toBe(hash);
      expect(view.known(hash)?.block.hash).toBe(hash);
      expect(view.header(hash)?.number).toBe(BigInt(number) + 1n);
      expect(view.isCanonical(hash)).toBe(true);
    }
    const b3 = await on(a2, 5n);
    expect(hashes(view.moveHead(b3)?.added ?? [])).toEqual([b3]);
    expect(view.hashAt(1n)).toBe(a1);
  });

  it("is the final chain again after a rollback", async () => {
    const a1 = await on(view.head.hash);
    view.moveHead(a1);
    await chain.executor.finalize(a1);
    const a2 = await on(a1);
    view.moveHead(a2);
    await chain.executor.rollback(0n);
    view.reset();
    expect(view.head.header.number).toBe(0n);
    expect(view.hashAt(1n)).toBeUndefined();
    expect(view.known(a1)).toBeUndefined();
    const b1 = await on(view.head.hash, 7n);
    expect(hashes(view.moveHead(b1)?.added ?? [])).toEqual([b1]);
  });
});
