import { describe, expect, it } from "vitest";
import { addressOf, codeOf, ether, gwei, offer, payment, poolWith } from "../../test/support/pool-drafts.ts";

describe("a replacement", () => {
  it("must raise fee cap and tip by a tenth", () => {
    const pool = poolWith();
    offer(pool, {});
    const tooLow = offer(pool, { value: 2n, maxFeePerGas: 11n * gwei, maxPriorityFeePerGas: (11n * gwei) / 10n - 1n });
    expect(tooLow).toMatchObject({
      ok: false,
      rejection: { code: "ReplacementUnderpriced", minFeePerGas: 11n * gwei, minTip: (11n * gwei) / 10n },
    });
    const check = offer(pool, { value: 2n, maxFeePerGas: 11n * gwei, maxPriorityFeePerGas: (11n * gwei) / 10n });
    expect(check).toEqual({ ok: true, value: { place: "pending", replaced: payment().hash, evicted: [] } });
    expect(pool.has(payment().hash)).toBe(false);
    expect(pool.why(payment().hash)?.rule).toBe("Replaced");
    expect(pool.status()).toMatchObject({ pending: 1, queued: 0 });
  });

  it("may pay nothing, to cancel, but not for the old fee", () => {
    const pool = poolWith();
    offer(pool, {});
    const cancel = { value: 0n, to: addressOf("ann") };
    expect(codeOf(offer(pool, cancel))).toBe("ReplacementUnderpriced");
    expect(codeOf(offer(pool, { ...cancel, maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: 2n * gwei }))).toBe(
      "accepted",
    );
    expect(codeOf(offer(pool, { ...cancel, nonce: 1n }))).toBe("ZeroPayment");
  });

  it("frees what the old one reserved", () => {
    const pool = poolWith();
    const account = { nonce: 0n, balance: ether };
    offer(pool, { value: ether / 2n }, account);
    const fees = { maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: 2n * gwei };
    expect(codeOf(offer(pool, { value: ether / 2n + 1n, ...fees }, account))).toBe("accepted");
  });
});
