import { describe, expect, it } from "vitest";
import { chainOf } from "../../test/support/archived-blocks.ts";
import { account, testChainId } from "../../test/support/chain-fixture.ts";
import { EnvironmentError } from "../errors.ts";
import { type Address, recoverAddress, signDigest, utf8, zeroHash } from "../primitives/index.ts";
import { checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import type { ArchivedBlock } from "./archive.ts";
import { buildCheckpoint } from "./build.ts";
import { type CollectionPlan, collectCheckpoint, quorumHeight, type Staker } from "./collect.ts";
import { collectGiven, collectLate, signLate } from "./collect-late.ts";

const honest = chainOf(20);
const forged = chainOf(20, "forged");
const names = ["ann", "bea", "cyd", "dot"];
const seats = names.map((name, seat) => ({ seat, signer: account(name).address, power: 100n }));
const domain = { rootChainId: 31_337n, contract: `0x${"ab".repeat(20)}` as Address };
const plan: CollectionPlan = {
  slot: { chainId: testChainId, number: 1n, epoch: 0n, generation: 0n, prevCheckpoint: zeroHash },
  interval: { start: 0n, end: 15n },
  domain,
  seats,
  scheduled: account("bea").address,
};

function staker(name: string, finalized: bigint, blocks: readonly ArchivedBlock[] = honest): Staker {
  return {
    name,
    key: account(name).key,
    finalizedHeight: async () => finalized,
    block: async (number) => blocks[Number(number)],
  };
}

const offline = (name: string): Staker => ({
  ...staker(name, 0n),
  async finalizedHeight() {
    throw new EnvironmentError("KOMA_E_RPC_UNREACHABLE", "Nobody answers.");
  },
});

describe("collecting a checkpoint by hand", () => {
  it("makes a certificate of more than two thirds, with the scheduled proposer", async () => {
    const collection = await collectCheckpoint(
      plan,
      names.map((name) => staker(name, 19n)),
    );
    expect(collection?.certificate).toMatchObject({ bitmap: 0b1111n, signedPower: 400n, totalPower: 400n });
    expect(collection?.checkpoint).toMatchObject({ proposer: account("bea").address, start: 0n, end: 15n });
    // EIP-2098: the parity of the public point is the highest bit of s.
    const first = Uint8Array.from(collection?.certificate?.signatures.subarray(0, 64) ?? []);
    const parity = (first[32] ?? 0) >> 7;
    first[32] = (first[32] ?? 0) & 0x7f;
    const digest = collection && checkpointDigest(collection.checkpoint, domain);
    const signature = Uint8Array.from([...first, 27 + parity]);
    expect(digest && recoverAddress(digest, signature)).toBe(seats[0]?.signer);
  });

  it("signs nothing that a staker's own node does not have final, or has otherwise", async () => {
    const collection = await collectCheckpoint(plan, [
      staker("ann", 19n),
      staker("bea", 14n),
      staker("cyd", 19n, forged),
      staker("dot", 19n),
    ]);
    expect(collection?.signers.map(({ name }) => name)).toEqual(["ann", "dot"]);
    expect(collection?.abstained).toEqual([
      { name: "bea", why: "its node has only block 14 final" },
      { name: "cyd", why: "its node has other blocks" },
    ]);
    expect(collection).toMatchObject({ certificate: undefined, signedPower: 200n, totalPower: 400n });
  });

  it("goes on without stakers whose node is away, and without strangers", async () => {
    const collection = await collectCheckpoint(plan, [
      offline("ann"),
      staker("bea", 19n),
      staker("cyd", 19n),
      staker("dot", 19n),
      staker("eve", 19n),
    ]);
    expect(collection?.certificate?.bitmap).toBe(0b1110n);
    expect(collection?.abstained.map(({ name }) => name)).toEqual(["ann", "eve"]);
  });

  it("has nothing to offer when no node answers", async () => {
    expect(await collectCheckpoint(plan, names.map(offline))).toBeUndefined();
  });
});

describe("signing a submitted checkpoint elsewhere", () => {
  const interval = { start: 0n, end: 15n };
  const slot = { chainId: testChainId, number: 1n, epoch: 0n, generation: 0n, prevCheckpoint: zeroHash };
  const blocks = honest.slice(0, 16).map(({ block }) => block);
  const submitted = buildCheckpoint(slot, interval, blocks, account("bea").address);
  const pending = { ...submitted, structHash: checkpointHash(submitted), signerBitmap: 0b0010n };
  const late = { chainId: testChainId, domain, seats };

  it("makes what the contract takes, whoever hands it in, each seat once and in order", async () => {
    const made = await Promise.all(["dot", "ann"].map((name) => signLate(late, pending, staker(name, 19n))));
    const signatures = made.map((one) => (typeof one === "string" ? utf8(one) : one.signature));
    const given = collectGiven(late, pending, [...signatures, ...signatures]);
    expect(given).toMatchObject({ bitmap: 0b1001n, abstained: [] });
    expect(given.added.map(({ seat }) => seat)).toEqual([0, 3]);
    expect(given.signatures).toHaveLength(2);
    const together = await collectLate(late, pending, [staker("ann", 19n), staker("dot", 19n)]);
    expect(given.signatures).toEqual(together.signatures);
  });

  it("leaves out seats that signed before", async () => {
    const made = await signLate(late, pending, staker("bea", 19n));
    if (typeof made === "string") throw new Error(made);
    expect(collectGiven(late, pending, [made.signature])).toMatchObject({
      added: [],
      bitmap: 0n,
      abstained: [{ why: "signed it before" }],
    });
    expect((await collectLate(late, pending, [staker("bea", 19n)])).added).toEqual([]);
  });

  it("refuses a stranger's signature, one for other blocks, and what is none", async () => {
    const stranger = signDigest(checkpointDigest(submitted, domain), account("eve").key);
    const other = buildCheckpoint(
      slot,
      interval,
      forged.slice(0, 16).map(({ block }) => block),
      submitted.proposer,
    );
    const forOther = signDigest(checkpointDigest(other, domain), account("ann").key);
    for (const signature of [stranger, forOther, new Uint8Array(65)]) {
      expect(() => collectGiven(late, pending, [signature])).toThrow(
        expect.objectContaining({ code: "KOMA_E_CHECKPOINT_SIGNATURE" }),
      );
    }
  });

  it("is not done with a key whose own node has other blocks, or not yet", async () => {
    expect(await signLate(late, pending, staker("ann", 19n, forged))).toBe("its node has other blocks");
    expect(await signLate(late, pending, staker("ann", 14n))).toMatch(/only block 14 final/);
    expect(await signLate(late, pending, staker("eve", 19n))).toMatch(/no stake/);
  });
});

describe("the height that a quorum has final", () => {
  it.each([
    { heights: [10n, 10n, 10n, 10n], expected: 10n },
    { heights: [12n, 11n, 10n, 3n], expected: 10n },
    { heights: [12n, 11n, undefined, 9n], expected: 9n },
    { heights: [12n, undefined, undefined, 9n], expected: undefined },
  ])("is $expected of $heights", async ({ heights, expected }) => {
    const stakers = heights.map((height, index) => {
      const name = names[index] as string;
      return height === undefined ? offline(name) : staker(name, height);
    });
    expect((await quorumHeight(stakers, seats)).height).toBe(expected);
  });
});
