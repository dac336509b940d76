import { describe, expect, it, test } from "vitest";
import {
  bob,
  delivered,
  delivery,
  deposit,
  logFrauds,
  openLogCase,
  paid,
  payment,
} from "../../test/support/log-frauds.ts";
import vectors from "../../test/vectors/log-evidence.json" with { type: "json" };
import { zeroAddress } from "../primitives/index.ts";
import { depositHashOf } from "../rootchain/index.ts";
import { findFraud } from "./case.ts";
import { checkChallenge } from "./check-file.ts";
import { craftChallenge, describeFault } from "./finders.ts";
import { fraudKindOf } from "./kinds.ts";
import { parseChallenge, serializeChallenge } from "./proof-file.ts";

describe("fraud in what the bridge and tokens log", () => {
  test.each(logFrauds)("$kind, $what: is found, crafted, and holds as a file", async ({ kind, what, contents }) => {
    const { fraud, lookup, checkpoints } = openLogCase(contents);
    const { found } = await findFraud(fraud, checkpoints, fraudKindOf(kind));
    expect(found.length).toBeGreaterThan(0);
    for (const { fault, checkpoint } of found) {
      expect(checkpoint).toBe(2n);
      expect(describeFault(fault)).toMatch(/block [56]/);
      const challenge = await craftChallenge(fraud.archive, fault, 64n);
      expect(challenge).toMatchObject({ kind: fraudKindOf(kind)?.kind, checkpoint: 2n });
      const { outcome, checks } = await checkChallenge(parseChallenge(serializeChallenge(challenge)), lookup);
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(outcome).toBe("holds");
      // The Solidity verifiers are held to the same evidence (contracts/test/fraud/LogVectors.t.sol).
      const vector = vectors.cases.find((each) => each.evidence === challenge.evidence);
      expect(vector).toMatchObject({ kind: challenge.kind, what });
    }
  });

  it("is not found where deposits come as they were made, and logs continue one another", async () => {
    const { fraud, checkpoints } = openLogCase({
      1: delivery(deposit(1n)),
      2: payment(0n, [paid(10n, 1n), paid(9n, 2n)]),
      3: delivery(deposit(2n), [delivered(deposit(2n), zeroAddress, false)]),
      5: payment(1n, [paid(8n, 3n)]),
      // A number is left out, which two logs alone do not show to be wrong.
      6: payment(2n, [paid(99n, 9n)]),
      7: delivery(deposit(3n)),
    });
    for (const kind of ["deposit-mismatch", "deposit-duplicate", "utxo-continuity"]) {
      expect((await findFraud(fraud, checkpoints, fraudKindOf(kind))).found).toEqual([]);
    }
  });

  it("is not found in logs of a contract that the root chain does not know", async () => {
    const elsewhere = bob.address;
    const { fraud, checkpoints } = openLogCase({
      5: payment(0n, [paid(10n, 4n, elsewhere), paid(10n, 4n, elsewhere)]),
    });
    expect((await findFraud(fraud, checkpoints)).found).toEqual([]);
  });

  it("does not hold as a file when the root chain holds the deposit after all", async () => {
    const { fraud, lookup, checkpoints } = openLogCase({ 5: delivery(deposit(9n)) });
    const [found] = (await findFraud(fraud, checkpoints, fraudKindOf("deposit-mismatch"))).found;
    if (!found) throw new Error("the chain of this test has a fault");
    const challenge = await craftChallenge(fraud.archive, found.fault, 64n);
    const later = { ...lookup, depositHash: async () => depositHashOf(deposit(9n)) };
    expect((await checkChallenge(challenge, later)).outcome).toBe("does-not-hold");
  });
});
