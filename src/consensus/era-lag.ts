/** Rounds for which strangers may speak before a peer is asked: at every border some are a moment ahead. */
const PATIENCE_ROUNDS = 2;
/** Rounds after which the era before the others' counts as stuck, although they still have its units. */
const STUCK_ROUNDS = 15;
const ASK_EVERY_MS = 1_000;

/** Notices that a node has fallen behind by whole eras: peers speak of instances that it does not know (KoMaBFT spec 13). */
export class EraLag {
  readonly #baseRoundMs: number;
  #since: number | undefined;
  #nextAsk = 0;

  constructor(baseRoundMs: number) {
    this.#baseRoundMs = baseRoundMs;
  }

  /**
   * A peer speaks of an instance that is not known here.
   *
   * @param isAsking a peer has been asked and has not answered
   * @returns true when it is time to ask that peer how eras ended
   */
  strangerSpoke(now: number, isAsking: boolean): boolean {
    this.#since ??= now;
    if (isAsking || now < this.#nextAsk || now - this.#since < PATIENCE_ROUNDS * this.#baseRoundMs) return false;
    this.#nextAsk = now + ASK_EVERY_MS;
    return true;
  }

  /** Of one era behind the others still have every unit, and those say more than signatures, unless it is stuck. */
  isBehind(endsSince: number, now: number): boolean {
    const isStuck = this.#since !== undefined && now - this.#since >= STUCK_ROUNDS * this.#baseRoundMs;
    return endsSince >= (isStuck ? 1 : 2);
  }

  /** This node is where the others are, or has begun to go there. */
  caughtUp(): void {
    this.#since = undefined;
  }
}
