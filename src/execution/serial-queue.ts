/** Runs asynchronous work one piece after the other, in the order asked for. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // The next piece waits for this one, however it ends; its failure belongs to whoever asked for it.
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
