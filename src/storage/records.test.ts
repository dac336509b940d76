import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  alice,
  bob,
  openTestChain,
  sign,
  type TestChain,
  temporaryDirectories,
} from "../../test/support/chain-fixture.ts";
import { keccakHash, utf8, zeroHash } from "../primitives/index.ts";
import type { StoredCheckpoint } from "./index.ts";

const directories = temporaryDirectories();
let chain: TestChain;

beforeEach(async () => {
  chain = await openTestChain({ directory: directories.create() });
});
afterEach(() => {
  chain.close();
  directories.cleanUp();
});

const pay = (nonce: bigint) => sign(alice, { nonce, to: bob.address, value: 1n });

describe("deposits", () => {
  const deposit = (id: bigint, seenAt: bigint) => ({ id, seenAt, body: utf8(`deposit ${id}`) });

  it("are recorded once, together with the cursor", () => {
    const { deposits } = chain.store;
    deposits.record([deposit(1n, 10n), deposit(2n, 11n)], 11n);
    deposits.record([deposit(2n, 11n), deposit(3n, 12n)], 12n);
    expect(deposits.list(2n, 10).map(({ id }) => id)).toEqual([2n, 3n]);
    expect(deposits.newest()?.id).toBe(3n);
    expect(deposits.cursor()).toBe(12n);
  });

  it("that were delivered survive a reorganisation of the root chain, others do not", () => {
    const { deposits } = chain.store;
    deposits.record([deposit(1n, 10n), deposit(2n, 11n), deposit(3n, 12n)], 12n);
    deposits.markDelivered(2n, 4n);
    deposits.rewind(10n);
    expect(deposits.list(1n, 10).map(({ id }) => id)).toEqual([1n, 2n]);
    expect(deposits.cursor()).toBe(10n);
  });

  it("count as undelivered again when their block is taken back", async () => {
    const { deposits } = chain.store;
    deposits.record([deposit(1n, 10n), deposit(2n, 10n)], 10n);
    await chain.extend([pay(0n)]);
    deposits.markDelivered(1n, 1n);
    await chain.extend([pay(1n)]);
    deposits.markDelivered(2n, 2n);
    await chain.executor.rollback(1n);
    expect(deposits.list(1n, 2).map(({ deliveredIn }) => deliveredIn)).toEqual([1n, undefined]);
  });
});

describe("finality marks", () => {
  it("keep the greatest confidence, and go with a rollback", async () => {
    const { finality } = chain.store;
    const { block } = await chain.extend([pay(0n)]);
    const mark = { threshold: "1/3", height: 1n, hash: block.hash };
    finality.mark({ ...mark, confidence: 5n });
    finality.mark({ ...mark, confidence: 9n });
    finality.mark({ ...mark, confidence: 7n });
    expect(finality.at("1/3", 1n)?.confidence).toBe(9n);
    expect(finality.newest("1/10")).toBeUndefined();
    await chain.executor.rollback(0n);
    expect(finality.newest("1/3")).toBeUndefined();
  });
});

describe("checkpoints", () => {
  const checkpoint = (
    number: bigint,
    start: bigint,
    end: bigint,
    extra: Partial<StoredCheckpoint> = {},
  ): StoredCheckpoint => ({
    number,
    generation: 0n,
    start,
    end,
    rootHash: keccakHash(utf8(`root ${number}`)),
    lastBlockHash: zeroHash,
    structHash: zeroHash,
    status: "pending",
    seenAt: 100n + number,
    body: utf8(""),
    ...extra,
  });

  it("are found by number, by block and by status", () => {
    const { checkpoints } = chain.store;
    checkpoints.put(checkpoint(1n, 1n, 16n));
    checkpoints.put(checkpoint(2n, 17n, 32n));
    checkpoints.setStatus(1n, 0n, "finalized");
    expect(checkpoints.covering(16n)).toEqual({ ...checkpoint(1n, 1n, 16n), status: "finalized" });
    expect(checkpoints.covering(33n)).toBeUndefined();
    expect(checkpoints.newest()?.number).toBe(2n);
    expect(checkpoints.newest("finalized")?.number).toBe(1n);
    checkpoints.removeSeenAbove(101n);
    expect(checkpoints.list(0n, 10).map(({ number }) => number)).toEqual([1n]);
  });

  it("that were rejected stay on record beside the one that took their number", () => {
    const { checkpoints } = chain.store;
    checkpoints.put(checkpoint(1n, 1n, 16n));
    checkpoints.setStatus(1n, 0n, "rejected");
    expect(checkpoints.newest()).toBeUndefined();
    checkpoints.put(checkpoint(1n, 1n, 20n, { generation: 1n }));
    expect(checkpoints.get(1n)?.end).toBe(20n);
    expect(checkpoints.list(1n, 10)).toHaveLength(2);
  });
});

describe("the final state", () => {
  it("takes only blocks that follow its head, all of a batch or none", async () => {
    const one = await chain.build([pay(0n)]);
    const two = await chain.build([pay(1n)], { parent: one.block.hash });
    expect(() => chain.store.state.commit([one, one])).toThrowError(/does not follow/);
    expect(() => chain.store.state.commit([two])).toThrowError(/does not follow/);
    expect(chain.store.state.head()?.number).toBe(0n);
    expect(chain.store.blocks.block(1n)).toBeUndefined();
    chain.store.state.commit([one, two]);
    expect(chain.store.state.head()).toEqual({ number: 2n, hash: two.block.hash });
  });

  it("cannot go back past pruned history", async () => {
    for (let i = 0n; i < 4n; i++) await chain.extend([pay(i)]);
    expect(chain.store.state.historyStart()).toBe(0n);
    expect(chain.store.state.pruneHistory(2n, 1)).toBe(true);
    expect(chain.store.state.historyStart()).toBe(2n);
    // Only a part of block 1 is forgotten; what is left of it is not put back.
    await expect(chain.executor.rollback(0n)).rejects.toMatchObject({ code: "KOMA_E_HISTORY_PRUNED" });
    expect(chain.store.state.pruneHistory(2n, 10)).toBe(false);
    expect(chain.store.state.historyStart()).toBe(2n);
    await expect(chain.executor.rollback(1n)).rejects.toMatchObject({ code: "KOMA_E_HISTORY_PRUNED" });
    expect(chain.executor.finalHead.number).toBe(4n);
    await chain.executor.rollback(2n);
    await chain.extend([pay(2n)]);
  });
});
