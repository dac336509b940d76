import { expect, test } from "vitest";
import { signTransaction } from "../chain/index.ts";
import { addressOfKey, keccak256, numberToBytes, timestamp, utf8 } from "../primitives/index.ts";
import { standardPoolRules } from "./pool-rules.ts";
import { createTxPool } from "./tx-pool.ts";

// What does spam cost a full pool, and does an honest payment still get in?
const recipient = addressOfKey(keccak256(utf8("dave")));
const context = { baseFee: 100n, hasCode: () => false, now: timestamp(0) };
const account = { nonce: 0n, balance: 10n ** 24n };
const count = 4_000;

function payment(sender: number, tip: bigint) {
  const fields = { chainId: 1n, nonce: 0n, gasLimit: 21_000n, maxFeePerGas: 10_000n, maxPriorityFeePerGas: tip };
  return signTransaction({ ...fields, to: recipient, value: 1n }, keccak256(numberToBytes(sender + 1)));
}

const spam = Array.from({ length: count }, (_, i) => payment(i, 1n));
const honest = Array.from({ length: count }, (_, i) => payment(count + i, 2n + BigInt(i % 100)));
const rules = { ...standardPoolRules(30_000_000n), maxTransactions: count };

test("replacing a full pool of spam by payments", async ({ bench }) => {
  const result = await bench("admit 4,000 by eviction", () => {
    const pool = createTxPool(rules);
    for (const tx of spam) pool.add(tx, account, context);
    for (const tx of honest) pool.add(tx, account, context);
    if (!honest.every((tx) => pool.has(tx.hash))) throw new Error("an honest payment was refused");
  }).run();
  expect(result.latency.mean / (2 * count)).toBeLessThan(0.1); // ms for one transaction; about 0.01
});
