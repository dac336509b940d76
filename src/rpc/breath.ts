import type { Clock } from "../clock.ts";

/** Work may take this long before the event loop gets a turn: consensus shares it. */
const sliceMs = 20;

/** Lets other tasks of the process run while a long answer is put together from short steps. */
export class Breath {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** To be awaited between two steps. */
  async take(): Promise<void> {
    if (this.#clock.now() - this.#since <= sliceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = this.#clock.now();
  }
}
