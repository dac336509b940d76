/**
 * Keeps long EVM work from holding the event loop: after `sliceMs` of work it lets other tasks of the process run once.
 * With a limit it ends the work instead of running on.
 */
export class Pacer {
  readonly #sliceMs: number;
  readonly #giveWay: (() => Promise<void>) | undefined;
  #sliceEnd = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #expired: () => Error = () => new Error("time is over");

  /** @param giveWay  work that goes first: its end is waited for after every slice; what it throws ends the paced work */
  constructor(sliceMs: number, giveWay?: () => Promise<void>) {
    this.#sliceMs = sliceMs;
    this.#giveWay = giveWay;
  }

  /** Starts a piece of work; with a limit, {@link pause} throws `expired()` once it is over. */
  start(limit?: { readonly ms: number; readonly expired: () => Error }): void {
    const now = performance.now();
    this.#sliceEnd = now + this.#sliceMs;
    this.#deadline = limit === undefined ? Number.POSITIVE_INFINITY : now + limit.ms;
    if (limit !== undefined) this.#expired = limit.expired;
  }

  /** A promise when it is time to let others run; undefined, at once, when it is not. */
  pause(): Promise<void> | undefined {
    const now = performance.now();
    if (now < this.#sliceEnd) return undefined;
    if (now > this.#deadline) throw this.#expired();
    return this.#yield();
  }

  async #yield(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#giveWay?.();
    this.#sliceEnd = performance.now() + this.#sliceMs;
  }
}
