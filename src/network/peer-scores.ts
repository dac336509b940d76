import type { Timestamp } from "../primitives/index.ts";
import type { PeerId } from "./peer-id.ts";

export interface ScoreLimits {
  readonly banPoints: number;
  readonly banMs: number;
  readonly scoreHalfLifeMs: number;
}

/** Points a peer is charged for what this module itself sees; the modules above add their own. */
export const penaltyPoints = {
  /** The stream is not frames, or a message exceeds its channel: no honest version does that. */
  malformedFrame: 60,
  /** A response to nothing this node asked. */
  strayResponse: 5,
  /** A second stream while the first lives: a restart looks like this too. */
  replacedStream: 10,
  /** Once per second in which this node had to stop reading to keep the rate limit. */
  overRate: 2,
  /**
   * Sent away by a module above. Who waits longer each time, as this version does, stays below a ban: an honest minority that
   * refuses the majority's block must find back to it. Who comes back at once is banned within half a minute.
   */
  sentAway: 4,
  /** A hello of another chain under this chain's protocol name. */
  wrongNetwork: 100,
} as const;

interface Score {
  points: number;
  at: Timestamp;
}

const maxRemembered = 4096;

/** Penalties with decay, and bans. Ids are free to make, so this tames faulty peers; connection limits tame hostile ones. */
export class PeerScores {
  readonly #limits: ScoreLimits;
  readonly #scores = new Map<PeerId, Score>();
  readonly #bans = new Map<PeerId, Timestamp>();

  constructor(limits: ScoreLimits) {
    this.#limits = limits;
  }

  /** @returns true when the peer has just become banned */
  penalize(peer: PeerId, points: number, now: Timestamp): boolean {
    if (this.isBanned(peer, now)) return false;
    const total = this.points(peer, now) + points;
    this.#scores.delete(peer);
    if (total < this.#limits.banPoints) {
      this.#scores.set(peer, { points: total, at: now });
      forgetOldest(this.#scores);
      return false;
    }
    this.#bans.set(peer, (now + this.#limits.banMs) as Timestamp);
    forgetOldest(this.#bans);
    return true;
  }

  /** Penalty points left after decay: 0 for a peer without blame. */
  points(peer: PeerId, now: Timestamp): number {
    const score = this.#scores.get(peer);
    if (score === undefined) return 0;
    return score.points * 2 ** (-Math.max(0, now - score.at) / this.#limits.scoreHalfLifeMs);
  }

  isBanned(peer: PeerId, now: Timestamp): boolean {
    return this.bannedUntil(peer, now) !== undefined;
  }

  bannedUntil(peer: PeerId, now: Timestamp): Timestamp | undefined {
    const until = this.#bans.get(peer);
    if (until === undefined) return undefined;
    if (until > now) return until;
    this.#bans.delete(peer);
    return undefined;
  }

  /** Forgets what has decayed to nothing. */
  prune(now: Timestamp): void {
    for (const peer of this.#scores.keys()) if (this.points(peer, now) < 0.5) this.#scores.delete(peer);
    for (const peer of [...this.#bans.keys()]) this.bannedUntil(peer, now);
  }
}

/** Maps keep insertion order, and every change above re-inserts: the first entry is the one longest untouched. */
function forgetOldest<Value>(map: Map<PeerId, Value>): void {
  if (map.size <= maxRemembered) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
