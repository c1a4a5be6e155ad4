import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../ports.ts';
import type { Journal } from './journal.ts';

export interface WriteQueueOptions<T> {
  /** Writes all or nothing; must bear being repeated. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** True: this error will come again however often the item is tried. */
  readonly isPermanent: (error: unknown) => boolean;
  readonly log: Log;
  /** Items that wait at most; the oldest goes when one more comes. */
  readonly limit?: number;
  /** Where items stand until they are written, and what an earlier run could not write; none: in memory only. */
  readonly journal?: Journal<T>;
}

export interface WriteQueueState {
  readonly waiting: number;
  readonly written: number;
  /** Items that were given up: the queue was full, the item can't be written, or the gateway closed. */
  readonly lost: number;
  /** Null: the last write went well. */
  readonly lastError: unknown;
}

const batchSize = 100;
const firstRetryMs = 100;
const lastRetryMs = 10_000;

/** Writes items in the background, in order, again and again until each is written. */
export class WriteQueue<T> {
  readonly #options: WriteQueueOptions<T>;
  readonly #limit: number;
  readonly #waiting: T[] = [];
  #writing: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  #written = 0;
  #lost = 0;
  #lastError: unknown = null;
  #closing = false;

  constructor(options: WriteQueueOptions<T>) {
    this.#options = options;
    this.#limit = options.limit ?? 10_000;
    for (const item of options.journal?.read() ?? []) this.#take(item);
  }

  /** Never throws, never waits. */
  push(item: T): void {
    this.#options.journal?.add(item);
    this.#take(item);
  }

  /** What is not written yet, oldest first. */
  waiting(): readonly T[] {
    return this.#waiting;
  }

  state(): WriteQueueState {
    return {
      waiting: this.#waiting.length,
      written: this.#written,
      lost: this.#lost,
      lastError: this.#lastError,
    };
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** Writes what waits, without pauses. What can't be written then is left to the journal, or lost. Idempotent. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    await this.#writing;
    await this.#options.journal?.close();
  }

  #take(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length > this.#limit) {
      this.#waiting.shift();
      this.#lose(1, 'write queue is full, its oldest record is lost');
      if (this.#lost % this.#limit === 0) this.#rewriteJournal();
    }
    // In a turn of its own, since an embedded database writes synchronously.
    this.#writing ??= nextTurn().then(() => this.#drain());
  }

  /** What was lost goes from it too, so that it never has more than twice of what may wait. */
  #rewriteJournal(): void {
    const { journal } = this.#options;
    journal?.clear();
    for (const item of this.#waiting) journal?.add(item);
  }

  async #drain(): Promise<void> {
    let retryMs = firstRetryMs;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchSize);
      const error = await this.#tryWrite(batch);
      if (error === null) {
        retryMs = firstRetryMs;
      } else if (this.#options.isPermanent(error)) {
        await this.#writeOneByOne(batch);
      } else if (this.#closing) {
        this.#leave();
      } else {
        this.#options.log.warn(
          { err: error, waiting: this.#waiting.length, retryMs },
          'records can’t be written, they wait',
        );
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, lastRetryMs);
      }
    }
    this.#writing = null;
  }

  #leave(): void {
    const { journal, log } = this.#options;
    const waiting = this.#waiting.splice(0).length;
    if (journal) log.warn({ waiting }, 'database is away at the end, records wait for the next start');
    else this.#lose(waiting, 'database is away at the end, records are lost');
  }

  /** Null: written, and no longer waiting. */
  async #tryWrite(batch: readonly T[]): Promise<unknown> {
    try {
      await this.#options.write(batch);
    } catch (error) {
      this.#lastError = error;
      return error ?? new Error('write failed');
    }
    this.#lastError = null;
    this.#written += batch.length;
    this.#remove(batch);
    return null;
  }

  /** One item that can't be written must not hold up the others. */
  async #writeOneByOne(batch: readonly T[]): Promise<void> {
    for (const item of batch) {
      const error = await this.#tryWrite([item]);
      if (error === null) continue;
      if (!this.#options.isPermanent(error)) return;
      this.#remove([item]);
      this.#lose(1, 'record can’t be written and is lost', error);
      this.#lastError = null;
    }
  }

  /** Items may have left at the front meanwhile, when the queue was full. */
  #remove(items: readonly T[]): void {
    const gone = new Set(items);
    let count = 0;
    while (count < this.#waiting.length && gone.has(this.#waiting[count])) count++;
    this.#waiting.splice(0, count);
    if (this.#waiting.length === 0) this.#options.journal?.clear();
  }

  #lose(count: number, sentence: string, error?: unknown): void {
    this.#lost += count;
    this.#options.log.error({ err: error, lost: this.#lost }, sentence);
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
