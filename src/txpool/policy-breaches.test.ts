import { expect, it } from "vitest";
import { alice, bob, sign } from "../../test/support/chain-fixture.ts";
import type { BlockHeader, Transaction } from "../chain/index.ts";
import { utf8 } from "../primitives/index.ts";
import { policyBreaches } from "./policy-breaches.ts";
import { devnetPoolRules, standardPoolRules } from "./pool-rules.ts";

const baseFeePerGas = 10n ** 9n;
const header = { baseFeePerGas } as BlockHeader;
const rules = standardPoolRules(30_000_000n);
const nobody = () => false;
const pay = (nonce: bigint, value: bigint, fields = {}) => sign(alice, { nonce, to: bob.address, value, ...fields });
const found = (transactions: readonly Transaction[], gasUsed = transactions.map(() => 21_000n), exempt = nobody) =>
  policyBreaches({ header, transactions }, gasUsed, rules, exempt);

it("finds none in payments that a pool lets in", () => {
  expect(found([pay(0n, 1n), pay(1n, 2n)])).toEqual({ zeroPayments: 0, lowFees: 0, duplicates: 0 });
});

it("finds payments of nothing, and not calls without data that ran code", () => {
  expect(found([pay(0n, 0n)]).zeroPayments).toBe(1);
  expect(found([pay(0n, 0n)], [21_045n]).zeroPayments).toBe(0);
  expect(found([pay(0n, 0n, { data: utf8("x") })], [21_016n]).zeroPayments).toBe(0);
});

it("finds tips below the floor, but not those of what a producer brings in", () => {
  const free = pay(0n, 1n, { maxFeePerGas: baseFeePerGas, maxPriorityFeePerGas: 0n });
  expect(found([free]).lowFees).toBe(1);
  expect(found([free], [21_000n], () => true).lowFees).toBe(0);
});

it("finds one sender's repeated outputs, where the rules refuse them", () => {
  const block = [pay(0n, 5n), pay(1n, 5n), pay(2n, 6n), sign(bob, { nonce: 0n, to: bob.address, value: 5n })];
  expect(found(block).duplicates).toBe(1);
  const gasUsed = block.map(() => 21_000n);
  expect(policyBreaches({ header, transactions: block }, gasUsed, devnetPoolRules(1n), nobody).duplicates).toBe(0);
});
