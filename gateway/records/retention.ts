import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { Db } from './schema.ts';

export interface RetentionOptions {
  readonly db: Db;
  /** Older records are removed; 0: none ever. */
  readonly keepDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

const dayMs = 24 * 60 * 60 * 1000;
const sweepMs = 60 * 60 * 1000;
/** Removed at a time: calls that are being written wait for no more than that. */
const batch = 500;
const betweenMs = 50;

/** Removes records of calls when their time is over: once an hour, a few at a time. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | null = null;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.keepDays === 0) return;
    this.#timer = setInterval(() => void this.sweep(), sweepMs);
    this.#timer.unref();
    void this.sweep();
  }

  /** Removes all that are too old now. Throws nothing: what can't be removed now is removed later. */
  async sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) =>
        this.#options.log.warn({ cause: messageOf(error) }, 'old records of calls can’t be removed now'),
      )
      .finally(() => (this.#sweeping = null));
    await this.#sweeping;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { db, keepDays, clock, log } = this.#options;
    const before = new Date(clock.nowMs() - keepDays * dayMs).toISOString();
    let removed = 0;
    while (!this.#ending.signal.aborted) {
      const { numDeletedRows } = await db
        .deleteFrom('calls')
        .where('id', 'in', (query) =>
          query
            .selectFrom('calls')
            .select('id')
            .where('ended_at', '<', before)
            .orderBy('ended_at')
            .limit(batch),
        )
        .executeTakeFirst();
      removed += Number(numDeletedRows);
      if (numDeletedRows < BigInt(batch)) break;
      await pause(betweenMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
    if (removed > 0) log.info({ removed, keepDays }, 'old records of calls are removed');
  }
}
