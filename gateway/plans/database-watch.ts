import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';

const usualPollMs = 1_000;

export interface DatabaseWatchOptions {
  /** Asks what other gateways have changed, and tells what they have to know; throws what the database says. */
  readonly ask: () => Promise<void>;
  readonly pollMs?: number | undefined;
  /** Why the database did not answer up to now; null: it did. */
  readonly away: string | null;
  readonly log: Log;
}

/** Asks the database again and again, and knows whether it answers. */
export class DatabaseWatch {
  readonly #options: DatabaseWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #away: string | null;
  #asking: Promise<void> | null = null;
  #closed = false;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
    this.#away = options.away;
    this.#timer = setInterval(() => void this.poll(), options.pollMs ?? usualPollMs);
    this.#timer.unref();
  }

  /** Why the database does not answer; null: it does. */
  get away(): string | null {
    return this.#away;
  }

  /** At once; who comes meanwhile waits for the same answer. Throws nothing. */
  async poll(): Promise<void> {
    if (this.#closed) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    await this.#asking;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const was = this.#away;
    const { log } = this.#options;
    try {
      await this.#options.ask();
      this.#away = null;
      if (was !== null) log.info({}, 'database of the plans is back');
    } catch (error) {
      this.#away = messageOf(error);
      if (was === null)
        log.warn({ cause: this.#away }, 'database of the plans is away, calls go on with the last good ones');
    }
  }
}
