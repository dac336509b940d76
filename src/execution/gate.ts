/** Lets so many through at once; the others wait in order, at most so many and so long. */
export class Gate {
  readonly #places: number;
  readonly #most: number;
  readonly #waiting: { readonly enter: () => void }[] = [];
  #inside = 0;

  constructor(places: number, waiting: number) {
    this.#places = places;
    this.#most = waiting;
  }

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * @param refused  error for the one that would wait beyond the limit
   * @param patience how long to wait, and the error when that was too short
   */
  async enter(refused: () => Error, patience?: { readonly ms: number; readonly expired: () => Error }): Promise<void> {
    if (this.#inside < this.#places) {
      this.#inside++;
      return;
    }
    if (this.#waiting.length >= this.#most) throw refused();
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      // A place is handed over, not freed and taken: nobody may slip in between.
      const waiter = {
        enter: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.push(waiter);
      if (patience === undefined) return;
      timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(patience.expired());
      }, patience.ms);
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside--;
    else next.enter();
  }
}
