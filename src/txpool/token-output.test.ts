import { describe, expect, it } from "vitest";
import {
  addressOf,
  codeOf,
  contract,
  type Draft,
  gwei,
  offer,
  payment,
  poolWith,
  rich,
} from "../../test/support/pool-drafts.ts";
import { addressWord, bigintToFixedBytes, concatBytes, keccak256, timestamp, utf8 } from "../primitives/index.ts";
import type { SenderAccount } from "./sender-lane.ts";
import { txRejectionErrorCode } from "./tx-rejection.ts";

describe("transfers of a token that keeps the journal of payments", () => {
  const dave = addressOf("dave");
  function transferOf(amount: bigint, to = dave): Draft {
    const selector = keccak256(utf8("transfer(address,uint256)")).subarray(0, 4);
    const data = concatBytes(selector, addressWord(to), bigintToFixedBytes(amount, 32));
    return { to: contract, value: 0n, gasLimit: 60_000n, data };
  }
  const holding = (output: bigint | undefined): SenderAccount => ({
    ...rich,
    tokenOutput: (token) => (token === contract ? output : undefined),
  });
  const outcome = (check: ReturnType<typeof offer>) => (check.ok ? "accepted" : txRejectionErrorCode(check.rejection));

  it("need an output that covers them", () => {
    expect(outcome(offer(poolWith(), transferOf(10n), holding(10n)))).toBe("accepted");
    const missing = offer(poolWith(), transferOf(11n), holding(10n));
    expect(outcome(missing)).toBe("KOMA_E_SPAM_OUTPUT_MISSING");
    expect(missing).toMatchObject({ rejection: { required: 11n, available: 10n, reserved: 0n } });
    expect(outcome(offer(poolWith(), transferOf(1n), holding(0n)))).toBe("KOMA_E_SPAM_OUTPUT_MISSING");
    // About a token without the journal nothing is known.
    expect(outcome(offer(poolWith(), transferOf(11n), holding(undefined)))).toBe("accepted");
    expect(outcome(offer(poolWith(), transferOf(11n), rich))).toBe("accepted");
  });

  it("reserve it in nonce order, until they are replaced or included", () => {
    const pool = poolWith();
    expect(outcome(offer(pool, { ...transferOf(6n), nonce: 0n }, holding(10n)))).toBe("accepted");
    expect(outcome(offer(pool, { ...transferOf(5n), nonce: 1n }, holding(10n)))).toBe("KOMA_E_SPAM_INPUT_LT_OUTPUT");
    expect(outcome(offer(pool, { ...transferOf(4n), nonce: 1n }, holding(10n)))).toBe("accepted");
    const more = { maxFeePerGas: 20n * gwei, maxPriorityFeePerGas: 2n * gwei };
    expect(outcome(offer(pool, { ...transferOf(7n), nonce: 0n, ...more }, holding(10n)))).toBe(
      "KOMA_E_SPAM_INPUT_LT_OUTPUT",
    );
    expect(outcome(offer(pool, { ...transferOf(1n), nonce: 0n, ...more }, holding(10n)))).toBe("accepted");
    expect(outcome(offer(pool, { ...transferOf(5n), nonce: 2n }, holding(10n)))).toBe("accepted");
    pool.onBlock([payment({ ...transferOf(1n), nonce: 0n, ...more })], () => ({ ...rich, nonce: 1n }), timestamp(0));
    const next = { ...holding(9n), nonce: 1n };
    expect(outcome(offer(pool, { ...transferOf(1n, contract), nonce: 3n }, next))).toBe("KOMA_E_SPAM_INPUT_LT_OUTPUT");
  });

  it("to oneself take nothing away", () => {
    const pool = poolWith();
    expect(outcome(offer(pool, { ...transferOf(10n, addressOf("ann")), nonce: 0n }, holding(10n)))).toBe("accepted");
    expect(outcome(offer(pool, { ...transferOf(10n), nonce: 1n }, holding(10n)))).toBe("accepted");
  });

  it("are left to execution after a call that may bring tokens", () => {
    const pool = poolWith();
    const mint = { to: contract, value: 0n, gasLimit: 60_000n, data: Uint8Array.of(1, 2, 3, 4) };
    expect(outcome(offer(pool, { ...mint, nonce: 1n }, holding(0n)))).toBe("accepted");
    expect(outcome(offer(pool, { ...transferOf(5n), nonce: 2n }, holding(0n)))).toBe("accepted");
    // It comes before the call.
    expect(codeOf(offer(pool, { ...transferOf(6n), nonce: 0n }, holding(0n)))).toBe("TokenOutput");
  });
});
