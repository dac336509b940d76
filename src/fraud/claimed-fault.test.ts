import { describe, expect, it, test } from "vitest";
import { account, sign } from "../../test/support/chain-fixture.ts";
import { delivery, deposit, logFrauds, openLogCase, paid, payment } from "../../test/support/log-frauds.ts";
import { findFraud } from "./case.ts";
import { claimedFault, type NamedEvidence } from "./claimed-fault.ts";
import type { Fault, Position } from "./find-faults.ts";
import { craftChallenge } from "./finders.ts";
import { fraudKindOf } from "./kinds.ts";

const kindOf = (type: string) => {
  const kind = fraudKindOf(type);
  if (!kind) throw new Error(`there is no kind ${type}`);
  return kind;
};
const named = (transactions: readonly Position[], log?: number): NamedEvidence => {
  return { transactions, block: undefined, log };
};
const about = (block: bigint): NamedEvidence => ({ transactions: [], block, log: undefined });

/** What a person would name of a fault that was found. */
function nameOf(fault: Fault): NamedEvidence {
  if ("second" in fault) return named([fault.second, fault.first]);
  if ("at" in fault) return named([fault.at], fault.at.log);
  return "index" in fault ? named([fault], "log" in fault ? fault.log : undefined) : about(fault.block);
}

const bob = account("bob");
const fees = { maxFeePerGas: 2_000_000_000n, gasLimit: 100_000n };
const pay = (nonce: bigint, value = 1n) => sign(account("alice"), { nonce, to: bob.address, value, ...fees });

describe("a proof of what a person names", () => {
  test.each(logFrauds)("$kind, $what: is the one that scanning makes", async ({ kind, contents }) => {
    const { fraud, checkpoints } = openLogCase(contents);
    const [found] = (await findFraud(fraud, checkpoints, kindOf(kind))).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const claimed = await claimedFault(fraud.archive, kindOf(kind), nameOf(found.fault));
    const [byScan, byName] = [
      await craftChallenge(fraud.archive, found.fault, 64n),
      await craftChallenge(fraud.archive, claimed, 64n),
    ];
    expect(byName).toEqual(byScan);
  });

  it("is the one that scanning makes of nonces, too, in whichever order they are named", async () => {
    const { fraud, checkpoints } = openLogCase({
      2: { transactions: [pay(0n)] },
      5: { transactions: [pay(1n)] },
      6: { transactions: [pay(0n, 2n)] },
    });
    const [found] = (await findFraud(fraud, checkpoints, kindOf("duplicate-nonce"))).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const names = nameOf(found.fault);
    for (const transactions of [names.transactions, names.transactions.toReversed()]) {
      expect(await claimedFault(fraud.archive, kindOf("duplicate-nonce"), named(transactions))).toEqual(found.fault);
    }
  });

  it.each(["block-sequence", "block-producer", "banned-block", "bad-transaction", "bad-receipt", "erc20-log"])(
    "of kind %s can be made of honest blocks, for the root contracts to refuse",
    async (type) => {
      const { fraud } = openLogCase({ 5: payment(0n, [paid(10n, 1n)]) });
      const subject = fraudKindOf(type)?.evidence[0]?.startsWith("block proof")
        ? about(5n)
        : named([{ block: 5n, index: 0 }]);
      const fault = await claimedFault(fraud.archive, kindOf(type), subject);
      expect(await craftChallenge(fraud.archive, fault, 64n)).toMatchObject({ type, checkpoint: 2n, block: 5n });
    },
  );

  const place = { block: 5n, index: 0 };
  it.each<[string, string, NamedEvidence]>([
    ["one transaction for a kind about two", "duplicate-nonce", named([place])],
    ["two for a kind about one", "bad-receipt", named([place, place])],
    ["three", "deposit-duplicate", named([place, place, place])],
    ["none", "bad-transaction", named([])],
    ["a transaction for a kind about a block", "block-sequence", named([place])],
    ["the genesis block", "block-producer", about(0n)],
    ["a transaction for a kind that is an absence", "nonce-gap", named([place])],
    ["a log that is not there", "erc20-log", named([place], 9)],
    ["a payment for a kind about deliveries", "deposit-mismatch", named([place])],
    ["payments without a log in common", "utxo-continuity", named([place, { block: 6n, index: 0 }])],
  ])("cannot be made of %s", async (_, type, evidence) => {
    const { fraud } = openLogCase({ 5: payment(0n, [paid(10n, 1n)]), 6: delivery(deposit(1n), []) });
    await expect(claimedFault(fraud.archive, kindOf(type), evidence)).rejects.toMatchObject({
      code: "KOMA_E_ARGUMENT_INVALID",
    });
  });

  it("cannot be made of what no node has", async () => {
    const { fraud } = openLogCase({});
    const missing = claimedFault(fraud.archive, kindOf("bad-transaction"), named([{ block: 99n, index: 0 }]));
    await expect(missing).rejects.toMatchObject({ code: "KOMA_E_BLOCK_UNKNOWN" });
    const absent = claimedFault(fraud.archive, kindOf("bad-transaction"), named([{ block: 5n, index: 3 }]));
    await expect(absent).rejects.toMatchObject({ code: "KOMA_E_TX_NOT_FOUND" });
  });
});
