import { ChecksBusy } from '../errors.ts';

/** One after the other, in the order in which they came; who is called off makes room. */
export class Lane {
  readonly #places: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param places how many may wait */
  constructor(places: number) {
    this.#places = places;
  }

  /** Rejects with `ChecksBusy`, and with the signal's reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#waiting > this.#places) throw new ChecksBusy();
    this.#waiting++;
    const mine = this.#last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting--;
    }
  }
}
