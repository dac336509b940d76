import { expect, it } from "vitest";
import { alice, bob, carol, sign } from "../../test/support/chain-fixture.ts";
import { childBridgeAddress } from "../bridge/index.ts";
import type { Transaction } from "../chain/index.ts";
import type { ExecutedBlock } from "../execution/index.ts";
import type { Address } from "../primitives/index.ts";
import { standardPoolRules } from "../txpool/index.ts";
import { createProducerPolicy } from "./producer-policy.ts";

function block(number: bigint, coinbase: Address, transactions: readonly Transaction[] = []): ExecutedBlock {
  const header = { number, coinbase, baseFeePerGas: 1n };
  return { block: { header, transactions }, results: transactions.map(() => ({ gasUsed: 21_000n })) } as never;
}
const nothing = sign(carol, { nonce: 0n, to: bob.address, value: 0n });
const payment = sign(carol, { nonce: 1n, to: bob.address, value: 1n });
const free = { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n };
const delivery = sign(alice, { nonce: 0n, to: childBridgeAddress, value: 0n, ...free });

it("counts what each producer let in that this pool refuses, and not what it delivers", () => {
  const policy = createProducerPolicy(standardPoolRules(30_000_000n));
  expect(policy.scores()).toBeUndefined();
  policy.judge(block(1n, alice.address, [delivery, payment]));
  policy.judge(block(2n, bob.address, [nothing, payment]));
  policy.judge(block(3n, alice.address));
  const clean = { zeroPayments: 0, lowFees: 0, duplicates: 0 };
  expect(policy.scores()).toEqual({
    from: 1n,
    to: 3n,
    producers: [
      { producer: alice.address, blocks: 2, transactions: 1, ...clean, score: 1 },
      { producer: bob.address, blocks: 1, transactions: 2, ...clean, zeroPayments: 1, score: 0.5 },
    ],
  });
});

it("forgets blocks that a rollback took away, and those that are old", () => {
  const policy = createProducerPolicy(standardPoolRules(30_000_000n));
  for (let number = 1n; number <= 4_100n; number++) policy.judge(block(number, bob.address, [nothing]));
  expect(policy.scores()).toMatchObject({ from: 5n, to: 4_100n, producers: [{ blocks: 4_096, score: 0 }] });
  policy.judge(block(6n, alice.address));
  expect(policy.scores()).toMatchObject({ from: 5n, to: 6n, producers: [{ blocks: 1 }, { score: 1 }] });
});
