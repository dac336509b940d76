/** Runs asynchronous work one piece after the other, in the order asked for. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#open++;
    const result = this.#last.then(work);
    // The next piece waits for this one, however it ends; its failure belongs to whoever asked for it.
    const ended = () => {
      this.#open--;
    };
    this.#last = result.then(ended, ended);
    return result;
  }

  /** When nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#open > 0) await this.#last;
  }
}
