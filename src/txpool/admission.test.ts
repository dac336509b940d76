import { beforeEach, describe, expect, it, test } from "vitest";
import {
  chainId,
  codeOf,
  contract,
  type Draft,
  ether,
  gwei,
  offer,
  order,
  payment,
  poolWith,
  rich,
} from "../../test/support/pool-drafts.ts";
import { decodeTransaction } from "../chain/index.ts";
import { timestamp } from "../primitives/index.ts";
import { devnetPoolRules } from "./pool-rules.ts";
import type { SenderAccount } from "./sender-lane.ts";
import { createTxPool, type TxPool } from "./tx-pool.ts";
import { describeTxRejection, txRejectionErrorCode } from "./tx-rejection.ts";

describe("admission", () => {
  let pool: TxPool;
  beforeEach(() => {
    pool = poolWith();
  });

  test.each<{ rule: string; draft: Draft; code: string; error: string; account?: SenderAccount }>([
    { rule: "a payment", draft: {}, code: "accepted", error: "" },
    { rule: "a payment of nothing", draft: { value: 0n }, code: "ZeroPayment", error: "KOMA_E_SPAM_ZERO_PAYMENT" },
    { rule: "a call of a contract without value", draft: { value: 0n, to: contract }, code: "accepted", error: "" },
    {
      rule: "a call without value to an account without code",
      draft: { value: 0n, data: Uint8Array.of(1), gasLimit: 30_000n },
      code: "accepted",
      error: "",
    },
    {
      rule: "a creation without value",
      draft: { value: 0n, to: undefined, gasLimit: 60_000n },
      code: "accepted",
      error: "",
    },
    {
      rule: "no fee",
      draft: { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      code: "FeeTooLow",
      error: "KOMA_E_SPAM_FEE_TOO_LOW",
    },
    { rule: "no tip", draft: { maxPriorityFeePerGas: 0n }, code: "FeeTooLow", error: "KOMA_E_SPAM_FEE_TOO_LOW" },
    {
      rule: "a fee cap of the base fee",
      draft: { maxFeePerGas: gwei },
      code: "FeeTooLow",
      error: "KOMA_E_SPAM_FEE_TOO_LOW",
    },
    { rule: "a fee cap of a wei more", draft: { maxFeePerGas: gwei + 1n }, code: "accepted", error: "" },
    { rule: "the gas of half a block", draft: { gasLimit: 16_000_001n }, code: "accepted", error: "" },
    {
      rule: "gas above a transaction's",
      draft: { gasLimit: 2n ** 24n + 1n },
      code: "GasLimitTooHigh",
      error: "KOMA_E_TX_INVALID",
    },
    {
      rule: "gas below the intrinsic cost",
      draft: { gasLimit: 20_000n },
      code: "IntrinsicGas",
      error: "KOMA_E_TX_INVALID",
    },
    {
      rule: "a used nonce",
      draft: {},
      account: { ...rich, nonce: 1n },
      code: "NonceTooLow",
      error: "KOMA_E_TX_NONCE_TOO_LOW",
    },
    { rule: "a nonce 255 ahead", draft: { nonce: 255n }, code: "accepted", error: "" },
    { rule: "a nonce 256 ahead", draft: { nonce: 256n }, code: "NonceGap", error: "KOMA_E_TX_NONCE_TOO_HIGH" },
    {
      rule: "more value than there is",
      draft: { value: 101n * ether },
      code: "InsufficientFunds",
      error: "KOMA_E_SPAM_OUTPUT_MISSING",
    },
    {
      rule: "a balance that covers value but not gas",
      draft: {},
      account: { nonce: 0n, balance: 210_000n * gwei },
      code: "InsufficientFunds",
      error: "KOMA_E_SPAM_OUTPUT_MISSING",
    },
    {
      rule: "a balance that covers both exactly",
      draft: {},
      account: { nonce: 0n, balance: 210_000n * gwei + 1n },
      code: "accepted",
      error: "",
    },
  ])("of $rule: $code", ({ draft, code, error, account }) => {
    const check = offer(pool, draft, account ?? rich);
    expect(codeOf(check)).toBe(code);
    if (!check.ok) {
      expect(txRejectionErrorCode(check.rejection)).toBe(error);
      expect(describeTxRejection(check.rejection)).not.toBe("");
      expect(pool.why(payment(draft).hash)?.rule).toBe(code);
      expect(pool.dropCounts().get(check.rejection.code)).toBe(1);
    }
  });

  it("of more gas than a block has is refused", () => {
    expect(codeOf(offer(poolWith({ blockGasLimit: 20_999n }), {}))).toBe("GasLimit");
  });

  it("of a transaction longer than allowed is refused", () => {
    expect(codeOf(offer(poolWith({ maxTransactionBytes: 100 }), {}))).toBe("Oversized");
  });

  it("of the same transaction twice is refused, and the first stays", () => {
    offer(pool, {});
    expect(codeOf(offer(pool, {}))).toBe("AlreadyKnown");
    expect(pool.get(payment().hash)).toEqual(payment());
  });

  it("reserves the balance for all of the sender's transactions", () => {
    const account = { nonce: 0n, balance: ether };
    expect(offer(pool, { value: ether / 2n }, account).ok).toBe(true);
    const check = offer(pool, { nonce: 1n, value: ether / 2n }, account);
    expect(check).toMatchObject({ ok: false, rejection: { code: "InsufficientFunds" } });
    if (!check.ok) expect(txRejectionErrorCode(check.rejection)).toBe("KOMA_E_SPAM_INPUT_LT_OUTPUT");
    expect(offer(pool, { from: "bob", nonce: 0n, value: ether / 2n }, account).ok).toBe(true);
  });

  it("of the same outputs under another nonce is refused until the first is gone", () => {
    offer(pool, {});
    const check = offer(pool, { nonce: 1n });
    expect(check).toEqual({ ok: false, rejection: { code: "DuplicateOutputs", pending: payment().hash } });
    expect(offer(pool, { nonce: 1n, value: 2n }).ok).toBe(true);
    expect(offer(pool, { from: "bob" }).ok).toBe(true);
    pool.onBlock([payment()], () => ({ ...rich, nonce: 1n }), timestamp(0));
    expect(offer(pool, { nonce: 2n }, { ...rich, nonce: 1n }).ok).toBe(true);
  });

  it("of transactions that are alike ends after sixteen", () => {
    for (let n = 0n; n < 16n; n++) expect(offer(pool, { nonce: n, value: n + 1n }).ok).toBe(true);
    const check = offer(pool, { nonce: 16n, value: 17n });
    expect(codeOf(check)).toBe("DuplicateFee");
    expect(offer(pool, { nonce: 16n, value: 17n, maxPriorityFeePerGas: gwei + 1n }).ok).toBe(true);
  });

  it("of a devnet's pool takes the same payment a hundred times", () => {
    const devnet = createTxPool(devnetPoolRules(30_000_000n));
    for (let n = 0n; n < 100n; n++) expect(offer(devnet, { nonce: n }).ok).toBe(true);
  });

  it("ends for a sender at its limit", () => {
    const small = poolWith({ maxPerSender: 2 });
    offer(small, { value: 1n });
    offer(small, { nonce: 1n, value: 2n });
    expect(
      codeOf(offer(small, { nonce: 1n, value: 3n, maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: 2n * gwei })),
    ).toBe("accepted");
    expect(codeOf(offer(small, { nonce: 2n, value: 4n }))).toBe("SenderFull");
  });

  it("gives up a sender's last for the one it waits for", () => {
    const small = poolWith({ maxPerSender: 2 });
    offer(small, { nonce: 1n, value: 1n });
    offer(small, { nonce: 3n, value: 2n });
    expect(codeOf(offer(small, { nonce: 2n, value: 3n }))).toBe("SenderFull");
    const check = offer(small, { nonce: 0n, value: 4n });
    expect(check).toMatchObject({ ok: true, value: { evicted: [payment({ nonce: 3n, value: 2n }).hash] } });
    expect(order(small.pending(gwei))).toEqual(["ann 0", "ann 1"]);
  });

  it("decodes what it holds to the same transaction", () => {
    offer(pool, {});
    const decoded = decodeTransaction(payment().raw, chainId, (hash) => pool.get(hash)?.sender);
    expect(decoded.ok && decoded.value).toEqual(payment());
  });
});
