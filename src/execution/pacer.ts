/** What bounds one piece of paced work. */
export interface PaceLimit {
  readonly ms: number;
  readonly expired: () => Error;
  /** Called after each slice; its end is waited for, and what it throws ends the work. */
  readonly afterSlice?: () => Promise<void>;
  /** Default: as the others. */
  readonly firstSliceMs?: number;
}

/**
 * Keeps long EVM work from holding the event loop: after `sliceMs` of work it lets other tasks of the process run once.
 * With a limit it ends the work instead of running on.
 */
export class Pacer {
  readonly #sliceMs: number;
  readonly #giveWay: (() => Promise<void>) | undefined;
  #afterSlice: (() => Promise<void>) | undefined;
  #sliceEnd = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #expired: () => Error = () => new Error("time is over");

  /** @param giveWay  work that goes first: its end is waited for after every slice; what it throws ends the paced work */
  constructor(sliceMs: number, giveWay?: () => Promise<void>) {
    this.#sliceMs = sliceMs;
    this.#giveWay = giveWay;
  }

  /** Starts a piece of work; with a limit, {@link pause} throws `expired()` once it is over. */
  start(limit?: PaceLimit): void {
    const now = performance.now();
    this.#sliceEnd = now + (limit?.firstSliceMs ?? this.#sliceMs);
    this.#deadline = limit === undefined ? Number.POSITIVE_INFINITY : now + limit.ms;
    this.#afterSlice = limit?.afterSlice;
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
    await this.#afterSlice?.();
    const now = performance.now();
    if (now > this.#deadline) throw this.#expired();
    this.#sliceEnd = now + this.#sliceMs;
  }
}
