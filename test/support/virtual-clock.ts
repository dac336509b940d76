import type { Clock } from "../../src/clock.ts";
import { type Timestamp, timestamp } from "../../src/primitives/index.ts";

/** Time that stands until it is moved. */
export class VirtualClock implements Clock {
  #now: Timestamp;
  #order = 0;
  readonly #tasks = new Set<{ readonly at: Timestamp; readonly order: number; readonly run: () => void }>();

  constructor(start: number) {
    this.#now = timestamp(start);
  }

  now(): Timestamp {
    return this.#now;
  }

  schedule(at: Timestamp, run: () => void): () => void {
    const task = { at, order: this.#order++, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  }

  /** Runs what is due until `end`, in order, each at its time. */
  advanceTo(end: number): void {
    for (;;) {
      const due = [...this.#tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.#tasks.delete(due);
      this.#now = timestamp(Math.max(this.#now, due.at));
      due.run();
    }
    this.#now = timestamp(Math.max(this.#now, end));
  }
}
