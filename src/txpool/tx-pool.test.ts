import { beforeEach, describe, expect, it, test } from "vitest";
import { decodeTransaction, signTransaction, type Transaction, type TransactionFields } from "../chain/index.ts";
import {
  type Address,
  addressOfKey,
  addressWord,
  type Bytes,
  bigintToFixedBytes,
  concatBytes,
  keccak256,
  timestamp,
  utf8,
} from "../primitives/index.ts";
import type { AdmissionContext } from "./admission-rules.ts";
import { devnetPoolRules, type PoolRules, standardPoolRules } from "./pool-rules.ts";
import { listPoolRules } from "./rule-list.ts";
import type { SenderAccount } from "./sender-lane.ts";
import { createTxPool, type TxPool } from "./tx-pool.ts";
import { describeTxRejection, type TxRejection, txRejectionErrorCode } from "./tx-rejection.ts";

const chainId = 80_401n;
const gwei = 10n ** 9n;
const ether = 10n ** 18n;
const keys: Readonly<Record<string, Bytes>> = Object.fromEntries(
  ["ann", "bob", "carol", "dave"].map((name) => [name, keccak256(utf8(name))]),
);
const addressOf = (name: string): Address => addressOfKey(keys[name] as Bytes);
const contract = addressOfKey(keccak256(utf8("contract")));

type Draft = Partial<TransactionFields> & { readonly from?: string };

/** A payment of 1 wei to Dave with a tip of 1 gwei, unless it says otherwise. */
function payment({ from = "ann", ...fields }: Draft = {}): Transaction {
  return signTransaction(
    {
      chainId,
      nonce: 0n,
      gasLimit: 21_000n,
      maxFeePerGas: 10n * gwei,
      maxPriorityFeePerGas: gwei,
      to: addressOf("dave"),
      value: 1n,
      ...fields,
    },
    keys[from] as Bytes,
  );
}

const context: AdmissionContext = { baseFee: gwei, hasCode: (address) => address === contract, now: timestamp(0) };
const rich: SenderAccount = { nonce: 0n, balance: 100n * ether };
const standard = standardPoolRules(30_000_000n);

function offer(pool: TxPool, draft: Draft, account = rich, change: Partial<AdmissionContext> = {}) {
  return pool.add(payment(draft), account, { ...context, ...change });
}

function codeOf(check: { ok: boolean; rejection?: TxRejection }): string {
  return check.rejection?.code ?? "accepted";
}

function poolWith(change: Partial<PoolRules> = {}): TxPool {
  return createTxPool({ ...standard, ...change });
}

/** Sender and nonce of each transaction, in order. */
function order(transactions: Iterable<Transaction>): string[] {
  const names = new Map(Object.keys(keys).map((name) => [addressOf(name), name]));
  return [...transactions].map((tx) => `${names.get(tx.sender)} ${tx.nonce}`);
}

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
