import { describe, expect, it } from "vitest";
import type { Timestamp } from "../primitives/index.ts";
import { PeerScores } from "./peer-scores.ts";
import { TokenBucket } from "./token-bucket.ts";

const at = (ms: number) => ms as Timestamp;
const limits = { banPoints: 100, banMs: 1_000, scoreHalfLifeMs: 10_000 };

describe("penalties", () => {
  it("halve with every half-life", () => {
    const scores = new PeerScores(limits);
    scores.penalize("p", 80, at(0));
    expect(scores.points("p", at(10_000))).toBeCloseTo(40);
    expect(scores.points("p", at(30_000))).toBeCloseTo(10);
    expect(scores.points("other", at(0))).toBe(0);
  });

  it("add up to a ban, which ends", () => {
    const scores = new PeerScores(limits);
    expect(scores.penalize("p", 60, at(0))).toBe(false);
    expect(scores.penalize("p", 60, at(0))).toBe(true);
    expect(scores.bannedUntil("p", at(1))).toBe(1_000);
    expect(scores.penalize("p", 500, at(500))).toBe(false); // banned already: not a second ban
    expect(scores.isBanned("p", at(1_000))).toBe(false);
    expect(scores.points("p", at(1_000))).toBe(0);
  });

  it("are remembered for a bounded number of peers", () => {
    const scores = new PeerScores(limits);
    for (let i = 0; i < 5_000; i++) scores.penalize(`p${i}`, 10, at(0));
    expect(scores.points("p0", at(0))).toBe(0);
    expect(scores.points("p4999", at(0))).toBe(10);
    scores.prune(at(1_000_000));
    expect(scores.points("p4999", at(0))).toBe(0);
  });
});

describe("a token bucket", () => {
  it("lets a burst of two seconds pass, then says how long to wait", () => {
    const bucket = new TokenBucket(100, at(0));
    expect(bucket.take(200, at(0))).toBe(0);
    expect(bucket.take(50, at(0))).toBe(500);
    expect(bucket.take(0, at(500))).toBe(0);
    expect(bucket.take(1, at(500))).toBe(10);
  });

  it("does not lose tokens when the clock is set back", () => {
    const bucket = new TokenBucket(100, at(10_000));
    expect(bucket.take(100, at(0))).toBe(0);
    expect(bucket.take(100, at(0))).toBe(0);
  });
});
