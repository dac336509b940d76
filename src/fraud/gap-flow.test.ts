import { describe, expect, it, test } from "vitest";
import type { BlockContent } from "../../test/support/archived-blocks.ts";
import { producer, sign } from "../../test/support/chain-fixture.ts";
import { ann, bob, delivery, deposit, openLogCase, paid, payment, token } from "../../test/support/log-frauds.ts";
import { bytesToHex, zeroAddress, zeroHash } from "../primitives/index.ts";
import { type Claim, depositHashOf } from "../rootchain/index.ts";
import { checkChallenge } from "./check-file.ts";
import { findAnswer } from "./find-answer.ts";
import { describeGap, type KnownDeposit } from "./find-gaps.ts";
import { craftGapChallenge } from "./gap-evidence.ts";
import { type FraudKind, fraudKindOf } from "./kinds.ts";
import { isAbout } from "./named-places.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";
import { proveGap } from "./prove-gap.ts";

const pay = (nonce: bigint): BlockContent => ({ transactions: [sign(ann, { nonce, to: bob.address, value: 1n })] });
const deposits: readonly KnownDeposit[] = [1n, 2n].map((id) => {
  const fields = deposit(id);
  return { ...fields, data: bytesToHex(fields.data), depositHash: depositHashOf(fields) };
});

const claim: Claim = {
  kind: 7,
  chainId: deposit(1n).chainId,
  number: 2n,
  structHash: zeroHash,
  blockHash: zeroHash,
  leaf: zeroHash,
  offenceId: zeroHash,
  token: zeroAddress,
  subject: ann.address,
  value: 0n,
  afterPosition: 0n,
  beforePosition: 1n << 120n,
  challenger: bob.address,
  bond: 1n,
  deadline: 1n,
};

async function search(kind: string, contents: Readonly<Record<number, BlockContent>>, deadline = 4n) {
  const { fraud, checkpoints, lookup } = openLogCase(contents);
  const interactive = { depositDeadline: async () => deadline, claimOf: async () => claim };
  const found = await proveGap({ ...fraud, deposits }, checkpoints, fraudKindOf(kind) as FraudKind, interactive);
  return { ...found, fraud, lookup };
}

const gaps: readonly {
  readonly kind: string;
  readonly what: string;
  readonly contents: Readonly<Record<number, BlockContent>>;
}[] = [
  { kind: "nonce-gap", what: "a nonce left out between two", contents: { 2: pay(0n), 5: pay(2n) } },
  { kind: "nonce-gap", what: "a sender that does not begin with nought", contents: { 5: pay(1n) } },
  {
    kind: "utxo-gap",
    what: "a number left out between two",
    contents: { 2: payment(0n, [paid(10n, 1n)]), 5: payment(1n, [paid(8n, 3n)]) },
  },
  { kind: "deposit-skipped", what: "the second deposit", contents: { 2: delivery(deposit(1n)) } },
  { kind: "deposit-skipped", what: "the first deposit ever", contents: {} },
];

describe("something missing", () => {
  test.each(gaps)("$kind, $what: is found, crafted, and holds as a file", async ({ kind, contents }) => {
    const { proven, found, fraud, lookup } = await search(kind, contents);
    expect(found).toBeGreaterThan(0);
    if (!proven) throw new Error("the chain of this test has a gap");
    expect(describeGap(proven.gap)).toMatch(/nonce|number|deposit/);
    const challenge = await craftGapChallenge(fraud.archive, proven.gap);
    expect(challenge).toEqual(proven.challenge);
    expect(challenge).toMatchObject({ kind: fraudKindOf(kind)?.kind, checkpoint: 2n });
    const { outcome, checks } = await checkChallenge(parseChallenge(serializeChallenge(challenge)), lookup);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.length).toBeGreaterThan(1);
    expect(outcome).toBe("holds");
  });

  it("is not found where nothing is", async () => {
    const whole = {
      1: delivery(deposit(1n)),
      2: payment(0n, [paid(10n, 1n), paid(9n, 2n)]),
      5: payment(1n, [paid(8n, 3n)]),
      6: delivery(deposit(2n)),
    };
    for (const kind of ["nonce-gap", "utxo-gap", "deposit-skipped"]) {
      // The producer's own transactions are the deliveries, whose nonces are the deposits' ids.
      const contents = kind === "nonce-gap" ? { 2: pay(0n), 3: pay(1n), 6: pay(2n) } : whole;
      expect((await search(kind, contents)).found).toBe(0);
    }
    // Not yet overdue.
    expect((await search("deposit-skipped", {}, 7n)).found).toBe(0);
  });

  it("is not a deposit's delivery that the root chain's clock does not miss yet", async () => {
    expect((await search("deposit-skipped", {}, 6n)).found).toBe(1);
  });
});

describe("something missing before a transaction that is named", () => {
  it("is looked for there alone", async () => {
    const { fraud, checkpoints } = openLogCase({ 2: pay(1n), 3: pay(3n), 5: pay(5n) });
    const interactive = { depositDeadline: async () => 4n, claimOf: async () => claim };
    const gapBefore = (block: bigint) =>
      proveGap(fraud, checkpoints, fraudKindOf("nonce-gap") as FraudKind, interactive, (gap) =>
        isAbout(gap, { transactions: [{ block, index: 0 }], block: undefined }),
      );
    expect((await gapBefore(5n)).proven?.gap).toMatchObject({ nonce: 4n, second: { block: 5n } });
    expect(await gapBefore(6n)).toMatchObject({ found: 0, proven: undefined });
  });
});

describe("an answer to a claim", () => {
  const archiveOf = (contents: Readonly<Record<number, BlockContent>>) => openLogCase(contents).fraud.archive;

  it("is the transaction with the nonce, where the claim looks for it", async () => {
    const archive = archiveOf({ 2: pay(0n), 5: pay(1n) });
    expect(await findAnswer(archive, claim, 7n)).toBeDefined();
    expect(await findAnswer(archive, { ...claim, value: 1n }, 7n)).toBeDefined();
    expect(await findAnswer(archive, { ...claim, value: 2n }, 7n)).toBeUndefined();
    expect(await findAnswer(archive, { ...claim, subject: producer.address }, 7n)).toBeUndefined();
    // Only before the accused one, and only behind the one that was named.
    expect(await findAnswer(archive, { ...claim, value: 1n, beforePosition: 5n << 64n }, 7n)).toBeUndefined();
    expect(await findAnswer(archive, { ...claim, afterPosition: 2n << 64n }, 7n)).toBeUndefined();
    // Nothing above the newest checkpoint can be proven.
    expect(await findAnswer(archive, { ...claim, value: 1n }, 4n)).toBeUndefined();
  });

  it("is a log of the token about the account, or the delivery of the deposit", async () => {
    const archive = archiveOf({ 2: payment(0n, [paid(10n, 2n)]), 5: delivery(deposit(2n)) });
    const log = { ...claim, kind: 15, token };
    expect(await findAnswer(archive, log, 7n)).toBeDefined();
    expect(await findAnswer(archive, { ...log, token: bob.address }, 7n)).toBeUndefined();
    expect(await findAnswer(archive, { ...log, subject: producer.address }, 7n)).toBeUndefined();
    const omitted = { ...claim, kind: 18, value: 2n };
    expect(await findAnswer(archive, omitted, 7n)).toBeDefined();
    expect(await findAnswer(archive, { ...omitted, value: 1n as bigint }, 7n)).toBeUndefined();
  });

  it("is looked for among the transactions that are named, and nowhere else", async () => {
    const archive = archiveOf({ 2: pay(0n), 5: payment(1n, [paid(10n, 2n)]) });
    const among = (block: bigint, index = 0) => [{ block, index }];
    expect(await findAnswer(archive, claim, 7n, among(2n))).toBe(await findAnswer(archive, claim, 7n));
    expect(await findAnswer(archive, claim, 7n, among(2n, 1))).toBeUndefined();
    expect(await findAnswer(archive, claim, 7n, among(5n))).toBeUndefined();
    expect(await findAnswer(archive, claim, 1n, among(2n))).toBeUndefined();
    const log = { ...claim, kind: 15, token };
    expect(await findAnswer(archive, log, 7n, [...among(2n), ...among(5n)])).toBe(await findAnswer(archive, log, 7n));
    expect(await findAnswer(archive, log, 7n, among(5n, 1))).toBeUndefined();
  });
});
