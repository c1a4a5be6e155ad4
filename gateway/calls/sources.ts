import type { CallFacts } from '../ports.ts';

/** Counts the calls of each address, so that one can't take all the lines. A trunk's calls are not counted. */
export class Sources {
  readonly #most: number;
  readonly #calls = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts the call; false: its address has as many as it may have. */
  enter({ trunk, source }: CallFacts): boolean {
    if (trunk !== null) return true;
    const calls = this.#calls.get(source.address) ?? 0;
    if (calls >= this.#most) return false;
    this.#calls.set(source.address, calls + 1);
    return true;
  }

  /** A call that was counted is over. */
  leave({ trunk, source }: CallFacts): void {
    if (trunk !== null) return;
    const calls = (this.#calls.get(source.address) ?? 0) - 1;
    if (calls > 0) this.#calls.set(source.address, calls);
    else this.#calls.delete(source.address);
  }
}
