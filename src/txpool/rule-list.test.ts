import { describe, expect, it } from "vitest";
import { contract, offer, payment, poolWith, standard } from "../../test/support/pool-drafts.ts";
import { listPoolRules } from "./rule-list.ts";
import { type TxRejection, txRejectionErrorCode } from "./tx-rejection.ts";

describe("the list of rules", () => {
  it("names every rule that a refusal or drop can name, once, and the error that the sender sees", () => {
    const listed = listPoolRules(standard);
    const rules = listed.map(({ rule }) => rule);
    expect(new Set(rules).size).toBe(rules.length);
    const refusals: readonly TxRejection[] = [
      { code: "ZeroPayment" },
      { code: "FeeTooLow", minFeePerGas: 1n, minTip: 1n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      { code: "InsufficientFunds", required: 2n, available: 1n, reserved: 0n },
      { code: "InsufficientFunds", required: 2n, available: 1n, reserved: 1n },
      { code: "TokenOutput", token: contract, required: 2n, available: 1n, reserved: 0n },
      { code: "TokenOutput", token: contract, required: 2n, available: 1n, reserved: 1n },
      { code: "DuplicateOutputs", pending: payment().hash },
      { code: "DuplicateFee", limit: 16 },
      { code: "ReplacementUnderpriced", replaces: payment().hash, minFeePerGas: 1n, minTip: 1n },
      { code: "NonceTooLow", expected: 1n, found: 0n },
      { code: "NonceGap", expected: 1n, limit: 2n, found: 2n },
      { code: "SenderFull", limit: 64 },
      { code: "PoolFull", limit: 1 },
      { code: "Oversized", limit: 1, found: 2 },
      { code: "GasLimit", limit: 1n, found: 2n },
    ];
    for (const refusal of refusals) {
      const rule = listed.find((each) => each.rule === refusal.code);
      expect(rule?.code?.split(", ")).toContain(txRejectionErrorCode(refusal));
    }
  });

  it("tells where a transaction of the pool stands", () => {
    const pool = poolWith();
    offer(pool, { nonce: 0n });
    offer(pool, { nonce: 2n, value: 3n });
    expect(pool.placeOf(payment().hash)).toBe("pending");
    expect(pool.placeOf(payment({ nonce: 2n, value: 3n }).hash)).toBe("queued");
    expect(pool.placeOf(payment({ nonce: 9n }).hash)).toBeUndefined();
  });
});
