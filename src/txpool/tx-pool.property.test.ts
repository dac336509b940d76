import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveTip, signTransaction, type Transaction } from "../chain/index.ts";
import { type Address, addressOfKey, type Bytes, keccak256, timestamp, utf8 } from "../primitives/index.ts";
import { standardPoolRules } from "./pool-rules.ts";
import { createTxPool, type TxPool } from "./tx-pool.ts";

const senders = ["ann", "bob", "carol"].map((name) => keccak256(utf8(name)));
const recipient = addressOfKey(keccak256(utf8("dave")));
const rules = { ...standardPoolRules(30_000_000n), maxTransactions: 6, maxPerSender: 5, allowRepeat: true };
const baseFee = 100n;

// Signing dominates the run: all transactions that a run can draw are made once.
const drawn = new Map<string, Transaction>();
function transaction(sender: number, nonce: number, tip: number): Transaction {
  const name = `${sender}/${nonce}/${tip}`;
  const known = drawn.get(name);
  if (known !== undefined) return known;
  const fees = { maxFeePerGas: 10_000n + BigInt(tip) * 1_000n, maxPriorityFeePerGas: 10n + BigInt(tip) };
  const fields = { chainId: 1n, nonce: BigInt(nonce), gasLimit: 21_000n, ...fees, to: recipient, value: 1n };
  const tx = signTransaction(fields, senders[sender] as Bytes);
  drawn.set(name, tx);
  return tx;
}

const cost = 21_000n * 20_000n;
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      sender: fc.nat(2),
      nonce: fc.nat(8),
      tip: fc.nat(9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("block" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
);

function invariants(pool: TxPool, nonces: ReadonlyMap<Address, bigint>): void {
  const { pending, queued } = pool.content();
  const all = [...pending, ...queued];
  expect(all.length).toBe(new Set(all.map((tx) => tx.hash)).size);
  expect(new Set(all.map((tx) => `${tx.sender} ${tx.nonce}`)).size).toBe(all.length);
  expect(pool.status()).toEqual({
    pending: pending.length,
    queued: queued.length,
    bytes: all.reduce((sum, tx) => sum + tx.raw.length, 0),
  });
  for (const tx of all) expect(tx.nonce).toBeGreaterThanOrEqual(nonces.get(tx.sender) ?? 0n);

  // The order can be executed as it is, and of what could come next always the best comes.
  const next = new Map(nonces);
  const offered = [...pool.pending(baseFee)];
  expect(offered.length).toBe(pending.length);
  for (const [i, tx] of offered.entries()) {
    expect(tx.nonce).toBe(next.get(tx.sender) ?? 0n);
    const ready = offered.slice(i).filter((other) => other.nonce === (next.get(other.sender) ?? 0n));
    for (const other of ready) expect(effectiveTip(tx, baseFee)).toBeGreaterThanOrEqual(effectiveTip(other, baseFee));
    next.set(tx.sender, tx.nonce + 1n);
  }
  for (const [sender, nonce] of next) expect(pool.nextNonce(sender, nonces.get(sender) ?? 0n)).toBe(nonce);
}

test("whatever happens, the pool stays within its rules and its order can be executed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pool = createTxPool(rules);
      const nonces = new Map<Address, bigint>();
      const blocks: (readonly Transaction[])[] = [];
      const accountOf = (sender: Address) => ({ nonce: nonces.get(sender) ?? 0n, balance: 10n * cost });
      for (const each of steps) {
        if (each.kind === "add") {
          const tx = transaction(each.sender, each.nonce, each.tip);
          pool.add(tx, accountOf(tx.sender), { baseFee, hasCode: () => false, now: timestamp(0) });
          expect(pool.status().pending + pool.status().queued).toBeLessThanOrEqual(rules.maxTransactions + 9);
        } else if (each.kind === "block") {
          const included = [...pool.pending(baseFee)].slice(0, each.count);
          for (const tx of included) nonces.set(tx.sender, tx.nonce + 1n);
          blocks.push(included);
          pool.onBlock(included, accountOf, timestamp(0));
        } else {
          const lost = blocks.pop() ?? [];
          for (const tx of [...lost].reverse()) nonces.set(tx.sender, tx.nonce);
          pool.onRollback(lost, accountOf, timestamp(0));
          for (const tx of lost) expect(pool.has(tx.hash) || pool.why(tx.hash) !== undefined).toBe(true);
        }
        invariants(pool, nonces);
      }
    }),
    { numRuns: 200 },
  );
});
