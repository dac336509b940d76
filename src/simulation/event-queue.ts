interface Scheduled {
  readonly at: number;
  /** Breaks ties, so that equal times keep the order of scheduling on every machine. */
  readonly order: number;
  readonly run: () => void;
}

/** Events in virtual time: a binary heap. */
export class EventQueue {
  readonly #heap: Scheduled[] = [];
  #order = 0;

  schedule(at: number, run: () => void): void {
    this.#heap.push({ at, order: this.#order++, run });
    this.#siftUp(this.#heap.length - 1);
  }

  /** Time of the next event. */
  peek(): number | undefined {
    return this.#heap[0]?.at;
  }

  pop(): Scheduled | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (this.#heap.length > 0 && last !== undefined) {
      this.#heap[0] = last;
      this.#siftDown(0);
    }
    return first;
  }

  #siftUp(start: number): void {
    for (let at = start; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(start: number): void {
    for (let at = start; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#heap[a] as Scheduled;
    const right = this.#heap[b] as Scheduled;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a] as Scheduled;
    this.#heap[a] = this.#heap[b] as Scheduled;
    this.#heap[b] = left;
  }
}
