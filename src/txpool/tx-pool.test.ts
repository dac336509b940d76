import { describe, expect, it } from "vitest";
import {
  addressOf,
  codeOf,
  contract,
  gwei,
  offer,
  order,
  payment,
  poolWith,
  rich,
} from "../../test/support/pool-drafts.ts";
import type { Transaction } from "../chain/index.ts";
import { timestamp } from "../primitives/index.ts";

describe("order for a producer", () => {
  it("is by tip, in nonce order for each sender, then by arrival", () => {
    const pool = poolWith();
    const tip = (wei: bigint) => ({ maxPriorityFeePerGas: wei * gwei });
    offer(pool, { from: "ann", nonce: 0n, value: 1n, ...tip(1n) });
    offer(pool, { from: "ann", nonce: 1n, value: 2n, ...tip(9n) });
    offer(pool, { from: "bob", nonce: 0n, ...tip(2n) });
    offer(pool, { from: "carol", nonce: 0n, ...tip(2n) });
    expect(order(pool.pending(gwei))).toEqual(["bob 0", "carol 0", "ann 0", "ann 1"]);
  });

  it("counts what the base fee leaves of the fee cap", () => {
    const pool = poolWith();
    offer(pool, { from: "ann", maxFeePerGas: 3n * gwei, maxPriorityFeePerGas: 3n * gwei });
    offer(pool, { from: "bob", maxFeePerGas: 10n * gwei, maxPriorityFeePerGas: gwei + 1n });
    expect(order(pool.pending(gwei))).toEqual(["ann 0", "bob 0"]);
    expect(order(pool.pending(2n * gwei))).toEqual(["bob 0", "ann 0"]);
    expect(order(pool.pending(4n * gwei))).toEqual(["bob 0"]);
  });

  it("leaves out what waits for an earlier nonce, until it comes", () => {
    const pool = poolWith();
    expect(offer(pool, { nonce: 1n, value: 2n })).toMatchObject({ ok: true, value: { place: "queued" } });
    expect(order(pool.pending(gwei))).toEqual([]);
    expect(pool.status()).toMatchObject({ pending: 0, queued: 1 });
    expect(pool.nextNonce(addressOf("ann"), 0n)).toBe(0n);
    offer(pool, { nonce: 0n });
    expect(order(pool.pending(gwei))).toEqual(["ann 0", "ann 1"]);
    expect(pool.nextNonce(addressOf("ann"), 0n)).toBe(2n);
    expect(order(pool.content().pending)).toEqual(["ann 0", "ann 1"]);
  });

  it("begins at the nonces of the parent, if they are given", () => {
    const pool = poolWith();
    for (let n = 0n; n < 3n; n++) offer(pool, { nonce: n, value: n + 1n });
    expect(order(pool.pending(gwei, () => 1n))).toEqual(["ann 1", "ann 2"]);
  });

  it("is not disturbed by what happens while it is read", () => {
    const pool = poolWith();
    for (let n = 0n; n < 3n; n++) offer(pool, { nonce: n, value: n + 1n });
    const read: Transaction[] = [];
    for (const tx of pool.pending(gwei)) {
      read.push(tx);
      pool.discard(tx.hash);
    }
    expect(order(read)).toEqual(["ann 0", "ann 1", "ann 2"]);
    expect(pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
  });
});

describe("a full pool", () => {
  const tip = (amount: bigint) => ({ maxPriorityFeePerGas: amount });

  it("gives up what pays least, and the last nonce of its sender first", () => {
    const pool = poolWith({ maxTransactions: 3 });
    offer(pool, { from: "ann", nonce: 0n, value: 1n, ...tip(1n) });
    offer(pool, { from: "ann", nonce: 1n, value: 2n, ...tip(5n) });
    offer(pool, { from: "bob", ...tip(3n) });
    expect(codeOf(offer(pool, { from: "carol", ...tip(3n) }))).toBe("PoolFull");
    expect(offer(pool, { from: "carol", ...tip(4n) })).toMatchObject({
      ok: true,
      value: { evicted: [payment({ from: "bob", ...tip(3n) }).hash] },
    });
    expect(offer(pool, { from: "dave", to: contract, ...tip(6n) })).toMatchObject({ ok: true });
    expect(order(pool.content().pending).sort()).toEqual(["ann 0", "ann 1", "dave 0"]);
    expect(offer(pool, { from: "bob", ...tip(6n) })).toMatchObject({ ok: true });
    expect(order(pool.content().pending).sort()).toEqual(["ann 0", "bob 0", "dave 0"]);
  });

  it("gives up what waits before what could be included", () => {
    const pool = poolWith({ maxTransactions: 2 });
    offer(pool, { from: "ann", nonce: 5n, ...tip(gwei) });
    offer(pool, { from: "bob", ...tip(2n) });
    expect(offer(pool, { from: "carol", ...tip(1n) })).toMatchObject({ ok: true });
    expect(order(pool.content().pending)).toEqual(["bob 0", "carol 0"]);
    expect(codeOf(offer(pool, { from: "ann", nonce: 5n, ...tip(gwei) }))).toBe("PoolFull");
  });

  it("never gives up the sender's own for its next", () => {
    const pool = poolWith({ maxTransactions: 2 });
    offer(pool, { nonce: 0n, value: 1n, ...tip(1n) });
    offer(pool, { nonce: 1n, value: 2n, ...tip(1n) });
    expect(codeOf(offer(pool, { nonce: 2n, value: 3n, ...tip(gwei) }))).toBe("PoolFull");
    expect(codeOf(offer(pool, { nonce: 1n, value: 9n, maxFeePerGas: 20n * gwei, ...tip(2n) }))).toBe("accepted");
  });

  it("counts bytes too", () => {
    const size = payment().raw.length;
    const pool = poolWith({ maxBytes: 2 * size });
    offer(pool, { from: "ann", ...tip(1_000_000_001n) });
    offer(pool, { from: "bob", ...tip(1_000_000_002n) });
    expect(codeOf(offer(pool, { from: "carol", ...tip(1_000_000_001n) }))).toBe("PoolFull");
    expect(offer(pool, { from: "carol", ...tip(1_000_000_003n) })).toMatchObject({ ok: true });
    expect(pool.status().bytes).toBeLessThanOrEqual(2 * size);
    const { hash: refused } = payment({ from: "carol", ...tip(1_000_000_001n) });
    const { hash: evicted } = payment({ from: "ann", ...tip(1_000_000_001n) });
    expect(pool.dropped()).toMatchObject([
      { hash: refused, rule: "PoolFull", code: "KOMA_E_POOL_FULL", sender: addressOf("carol"), nonce: 0n },
      { hash: evicted, rule: "Evicted", sender: addressOf("ann"), nonce: 0n },
    ]);
    // The reason names who came in its place.
    expect(pool.why(evicted)?.reason).toContain(payment({ from: "carol", ...tip(1_000_000_003n) }).hash);
  });
});

describe("a block", () => {
  it("takes out what it includes, and what the state no longer allows", () => {
    const pool = poolWith();
    for (let n = 0n; n < 3n; n++) offer(pool, { nonce: n, value: n + 1n });
    offer(pool, { from: "bob" });
    const other = payment({ nonce: 1n, value: 77n });
    const dropped = pool.onBlock([payment(), other], () => ({ ...rich, nonce: 2n }), timestamp(0));
    expect(dropped).toEqual([payment({ nonce: 1n, value: 2n }).hash]);
    expect(order(pool.content().pending)).toEqual(["ann 2", "bob 0"]);
    expect(pool.why(payment({ nonce: 1n, value: 2n }).hash)?.rule).toBe("NonceUsed");
    expect(pool.why(payment().hash)).toBeUndefined();
  });

  it("takes out what the sender can no longer pay, from the end", () => {
    const pool = poolWith();
    for (let n = 0n; n < 3n; n++) offer(pool, { nonce: n, value: n + 1n });
    const cost = 210_000n * gwei + 2n;
    const dropped = pool.onBlock([payment()], () => ({ nonce: 1n, balance: cost }), timestamp(0));
    expect(dropped).toEqual([payment({ nonce: 2n, value: 3n }).hash]);
  });

  it("takes out what waited too long, sooner what waits for a nonce", () => {
    const pool = poolWith();
    offer(pool, { from: "ann" });
    offer(pool, { from: "bob", nonce: 3n });
    const later = (ms: number) => pool.onBlock([], () => rich, timestamp(ms));
    expect(later(600_000)).toEqual([]);
    expect(later(660_001)).toEqual([payment({ from: "bob", nonce: 3n }).hash]);
    expect(later(10_800_001)).toEqual([payment().hash]);
  });
});

describe("a rollback", () => {
  it("takes the transactions of the lost blocks back in, before those that came after them", () => {
    const pool = poolWith();
    const lost = [payment({ nonce: 0n, value: 0n, to: addressOf("bob") }), payment({ nonce: 1n })];
    pool.onBlock(lost, () => ({ ...rich, nonce: 2n }), timestamp(0));
    offer(pool, { nonce: 2n, value: 5n }, { ...rich, nonce: 2n });
    expect(pool.onRollback(lost, () => rich, timestamp(1))).toEqual(lost.map((tx) => tx.hash));
    expect(order(pool.pending(gwei))).toEqual(["ann 0", "ann 1", "ann 2"]);
    expect(pool.status()).toMatchObject({ pending: 3, queued: 0 });
  });

  it("drops what the older state cannot pay, the last nonces first", () => {
    const pool = poolWith();
    offer(pool, { nonce: 1n, value: 2n }, { ...rich, nonce: 1n });
    const poor = { nonce: 0n, balance: 210_000n * gwei + 1n };
    expect(pool.onRollback([payment()], () => poor, timestamp(1))).toEqual([payment().hash]);
    expect(order(pool.content().pending)).toEqual(["ann 0"]);
  });

  it("does not push out a transaction that took the nonce since", () => {
    const pool = poolWith();
    offer(pool, { value: 9n });
    expect(pool.onRollback([payment()], () => rich, timestamp(1))).toEqual([]);
    expect(pool.has(payment({ value: 9n }).hash)).toBe(true);
  });
});
