import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../clock.ts";
import { silentLogger } from "../logger.ts";
import type { Timestamp } from "../primitives/index.ts";
import { defaultNetworkLimits } from "./limits.ts";
import { PeerScores, penaltyPoints } from "./peer-scores.ts";
import { Redialer } from "./redialer.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Time that only moves when it is told to, with everything that is due on the way. */
class VirtualClock implements Clock {
  #now = 1_700_000_000_000;
  readonly #tasks = new Set<{ readonly at: number; readonly task: () => void }>();

  now(): Timestamp {
    return this.#now as Timestamp;
  }

  schedule(at: Timestamp, task: () => void): () => void {
    const entry = { at, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      // A dial's own steps are promises: they end before time goes on.
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
    this.#now = end;
  }
}

/** Two nodes that keep connections to each other. Each connection ends when the test, or `sessionMs`, says so. */
class Pair {
  readonly clock = new VirtualClock();
  connects = 0;
  /** How long a session lives; undefined: until {@link cut}. */
  sessionMs: number | undefined;
  /** False: whoever dials reaches nobody. */
  reachable = true;
  connected = false;
  onConnect: () => void = () => {};
  readonly ends: readonly Redialer[];

  constructor(callers: readonly (readonly [string, string])[]) {
    const { redialMinMs, redialMaxMs, settledMs, unsettledRedialMaxMs } = defaultNetworkLimits;
    this.ends = callers.map(
      ([ownId, peerId]) =>
        new Redialer({
          peers: [{ address: `/ip4/127.0.0.1/tcp/1/p2p/${peerId}`, peerId }],
          ownId,
          minMs: redialMinMs,
          maxMs: redialMaxMs,
          settledMs,
          unsettledMaxMs: unsettledRedialMaxMs,
          clock: this.clock,
          logger: silentLogger,
          isConnected: () => this.connected,
          dial: () => this.#dial(),
        }),
    );
    for (const end of this.ends) end.start();
  }

  cut(): void {
    if (!this.connected) return;
    this.connected = false;
    this.#each((end, peer) => end.disconnected(peer));
  }

  async #dial(): Promise<void> {
    if (!this.reachable) throw new Error("connection refused");
    this.connected = true;
    this.connects += 1;
    this.#each((end, peer) => end.connected(peer));
    this.onConnect();
    if (this.sessionMs !== undefined) {
      this.clock.schedule((this.clock.now() + this.sessionMs) as Timestamp, () => this.cut());
    }
  }

  #each(tell: (end: Redialer, peer: string) => void): void {
    for (const end of this.ends) for (const peer of ["a", "b"]) if (end.has(peer)) tell(end, peer);
  }
}

const both = [
  ["a", "b"],
  ["b", "a"],
] as const;

describe("two nodes that keep refusing each other", () => {
  let pair: Pair;
  beforeEach(() => {
    pair = new Pair(both);
    // A state and a refused unit go to and fro.
    pair.sessionMs = 300;
  });

  it("connect ever more seldom: at most ten times a minute after the first two", async () => {
    await pair.clock.pass(2 * MINUTE);
    const first = pair.connects;
    expect(first).toBeGreaterThan(8);
    await pair.clock.pass(10 * MINUTE);
    expect((pair.connects - first) / 10).toBeLessThan(10);
    expect(pair.connects).toBeGreaterThan(first + 20);
  });

  it("do not ban each other for it", async () => {
    const scores = new PeerScores(defaultNetworkLimits);
    const bans: number[] = [];
    pair.onConnect = () => {
      if (scores.penalize("b", penaltyPoints.sentAway, pair.clock.now())) bans.push(pair.clock.now());
    };
    await pair.clock.pass(30 * MINUTE);
    expect(bans).toEqual([]);
  });

  it("find back within half a minute of agreeing, and then forget the quarrel", async () => {
    await pair.clock.pass(10 * MINUTE);
    pair.sessionMs = undefined;
    await pair.clock.pass(30 * SECOND + 300);
    expect(pair.connected).toBe(true);
    await pair.clock.pass(defaultNetworkLimits.settledMs);
    const { connects } = pair;
    pair.cut();
    await pair.clock.pass(defaultNetworkLimits.redialMinMs);
    expect(pair.connects).toBe(connects + 1);
  });
});

describe("a redialler", () => {
  it("calls again at once when a connection that stood for long is lost", async () => {
    const pair = new Pair([["a", "b"]]);
    for (let i = 1; i <= 20; i++) {
      await pair.clock.pass(defaultNetworkLimits.settledMs + SECOND);
      expect(pair.connects).toBe(i);
      pair.cut();
    }
  });

  it("waits ten seconds at most for a peer that is away", async () => {
    const pair = new Pair([["a", "b"]]);
    pair.reachable = false;
    await pair.clock.pass(5 * MINUTE);
    expect(pair.connects).toBe(0);
    pair.reachable = true;
    await pair.clock.pass(defaultNetworkLimits.redialMaxMs);
    expect(pair.connects).toBe(1);
  });
});

describe("a peer that comes back at once whenever it is sent away", () => {
  it("is banned within half a minute", () => {
    const scores = new PeerScores(defaultNetworkLimits);
    let now = 0;
    while (now < 30 * SECOND && !scores.penalize("b", penaltyPoints.sentAway, now as Timestamp)) now += 625;
    expect(scores.isBanned("b", now as Timestamp)).toBe(true);
  });
});
