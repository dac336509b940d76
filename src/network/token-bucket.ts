import type { Timestamp } from "../primitives/index.ts";

/** Seconds of the sustained rate that may be used at once. */
const burstSeconds = 2;

/**
 * A rate with room for bursts. Taking never fails: a bucket in debt says how long to wait until it is level again, and
 * the caller stops reading for that long, so that nothing is lost and the sender feels the limit as back-pressure.
 */
export class TokenBucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: Timestamp;

  constructor(perSecond: number, now: Timestamp) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond * burstSeconds;
    this.#filledAt = now;
  }

  /** @returns milliseconds to wait before taking again; 0 while the rate is kept */
  take(amount: number, now: Timestamp): number {
    // A clock that was set back must not empty the bucket.
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#tokens = Math.min(this.#perSecond * burstSeconds, this.#tokens + (elapsed * this.#perSecond) / 1000) - amount;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#perSecond);
  }
}
