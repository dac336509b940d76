import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Address,
  addressOfKey,
  exceedsTwoThirds,
  type Hash,
  keccak256,
  keccakHash,
  signDigest,
  utf8,
  zeroHash,
} from "../primitives/index.ts";
import { type Checkpoint, checkpointDigest, checkpointHash } from "../rootchain/index.ts";
import { planInterval } from "./interval.ts";
import { decodeVote, encodeVote } from "./messages.ts";
import { drawProposer, type StakedSeat } from "./proposer.ts";
import { createSignatureCollector } from "./signatures.ts";

const keys = ["ann", "bob", "cid", "dee"].map((name) => keccak256(utf8(name)));
const domain = { rootChainId: 31337n, contract: `0x${"ab".repeat(20)}` as Address };
const checkpoint: Checkpoint = {
  chainId: 80401n,
  epoch: 3n,
  number: 7n,
  proposer: addressOfKey(keys[0] as Uint8Array),
  start: 97n,
  end: 112n,
  rootHash: keccakHash(utf8("root")),
  lastBlockHash: keccakHash(utf8("last")),
  accountHash: zeroHash,
  prevCheckpoint: keccakHash(utf8("previous")),
  generation: 1n,
};
const seats: readonly StakedSeat[] = keys.map((key, seat) => ({ seat, signer: addressOfKey(key), power: 100n }));
const signatureOf = (key: Uint8Array, signed = checkpoint) => signDigest(checkpointDigest(signed, domain), key);

describe("a checkpoint", () => {
  it("survives its wire form, and no other bytes decode to a vote", () => {
    const vote = { round: 2, checkpoint, signature: signatureOf(keys[1] as Uint8Array) };
    const bytes = encodeVote(vote);
    expect(decodeVote(bytes)).toEqual({ ok: true, value: vote });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const mutated = Uint8Array.from(bytes);
        mutated[at] = (mutated[at] as number) ^ change;
        const decoded = decodeVote(mutated);
        if (decoded.ok) expect(encodeVote(decoded.value)).toEqual(mutated);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const decoded = decodeVote(noise);
        if (decoded.ok) expect(encodeVote(decoded.value)).toEqual(noise);
      }),
    );
  });
});

describe("the interval", () => {
  const rules = { every: 16, maxLength: 256 };
  it.each([
    { title: "is not due before enough blocks are final", nextStart: 1n, finalized: 15n, end: undefined },
    { title: "ends with the newest final block", nextStart: 1n, finalized: 17n, end: 17n },
    { title: "is cut at the contract's limit when the chain fell behind", nextStart: 1n, finalized: 5_000n, end: 256n },
  ])("$title", ({ nextStart, finalized, end }) => {
    expect(planInterval(nextStart, finalized, rules)?.end).toBe(end);
  });
});

describe("the proposer", () => {
  it("is drawn by power: over many rounds each seat's share is its stake's", () => {
    const unequal = seats.map((seat, i) => ({ ...seat, power: BigInt(100 * (i + 1)) }));
    const counts = new Map<Address, number>();
    for (let round = 0; round < 4_000; round++) {
      const drawn = drawProposer(unequal, checkpoint.prevCheckpoint, 80401n, 7n, round) as Address;
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    for (const { signer, power } of unequal) {
      expect(Math.abs((counts.get(signer) ?? 0) / 4_000 - Number(power) / 1_000)).toBeLessThan(0.04);
    }
  });

  it("does not depend on the order in which seats are given, and nobody is drawn without power", () => {
    const draw = (given: readonly StakedSeat[]) => drawProposer(given, checkpoint.prevCheckpoint, 80401n, 7n, 3);
    expect(draw([...seats].reverse())).toBe(draw(seats));
    expect(draw([])).toBeUndefined();
  });
});

describe("collecting signatures", () => {
  const hash: Hash = checkpointHash(checkpoint);

  it("needs more than two thirds of the power", () => {
    const collector = createSignatureCollector(domain);
    for (const [i, key] of keys.slice(0, 3).entries()) {
      expect(collector.certificate(hash, seats)).toBeUndefined();
      expect(collector.add(checkpoint, signatureOf(key), seats)?.seat).toBe(i);
    }
    const certificate = collector.certificate(hash, seats);
    expect(certificate).toMatchObject({ bitmap: 0b0111n, signedPower: 300n, totalPower: 400n });
    expect(certificate?.signatures.length).toBe(3 * 64);
  });

  it("counts nobody twice, no stranger, and no signature over something else", () => {
    const collector = createSignatureCollector(domain);
    const other = { ...checkpoint, rootHash: zeroHash };
    expect(collector.add(checkpoint, signatureOf(keccak256(utf8("stranger"))), seats)).toBeUndefined();
    expect(collector.add(checkpoint, signatureOf(keys[0] as Uint8Array, other), seats)).toBeUndefined();
    for (let i = 0; i < 4; i++) collector.add(checkpoint, signatureOf(keys[0] as Uint8Array), seats);
    expect(collector.signers(hash)).toEqual([seats[0]?.signer]);
  });

  it("keeps only the ballots of the current generation and later numbers", () => {
    const collector = createSignatureCollector(domain);
    collector.add(checkpoint, signatureOf(keys[0] as Uint8Array), seats);
    collector.prune(6n, 1n);
    expect(collector.signers(hash)).toHaveLength(1);
    collector.prune(6n, 2n);
    expect(collector.signers(hash)).toHaveLength(0);
  });

  it("of exactly two thirds is no quorum", () => {
    expect(exceedsTwoThirds(200n, 300n)).toBe(false);
    expect(exceedsTwoThirds(201n, 300n)).toBe(true);
  });
});
