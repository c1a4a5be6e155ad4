import { setMaxListeners } from 'node:events';
import { messageOf } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { claim, purge, settle } from './deliveries.ts';
import type { Due } from './deliveries.ts';
import { post } from './post.ts';
import type { Outcome } from './post.ts';
import type { Reach } from './addresses.ts';
import { retryDelayMs, stopAfterMs } from './retries.ts';
import { sign } from './signature.ts';

export interface SenderOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly reach: Reach;
  /** PEM, of authorities beside the public ones; null: none. */
  readonly ca: string | null;
  readonly log: Log;
  /** Throws what makes the secret unusable. */
  readonly unseal: (webhook: string, sealed: string, keyId: string) => string;
  /** How often the database is looked at when nothing wakes the sender, ms. */
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

/** Deliveries on their way at once: in all, and to one receiver, so that a slow one holds up no other. */
const atOnce = 16;
const atOnceToOne = 4;
const purgeEveryMs = 3600 * 1000;

/** Sends what is due, from the database, so that neither a restart nor another gateway's death loses any. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #running = new Map<Due, Promise<void>>();
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #again = false;
  #purgedMs = -Infinity;
  #isDown = false;
  readonly counts = { delivered: 0, failed: 0 };

  constructor(options: SenderOptions) {
    this.#options = options;
    setMaxListeners(atOnce, this.#over.signal);
    this.#timer = setInterval(() => this.wake(), options.everyMs ?? 1000);
    this.#timer.unref();
  }

  /** There may be something to send. */
  wake(): void {
    this.#again = true;
    if (this.#over.signal.aborted) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
  }

  /** What is on its way is given up: it stays queued. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#over.abort();
    await this.#looking;
    await Promise.all(this.#running.values());
  }

  async #look(): Promise<void> {
    const { db, clock, log } = this.#options;
    while (this.#again && !this.#over.signal.aborted) {
      this.#again = false;
      try {
        const limit = atOnce - this.#running.size;
        if (limit > 0) {
          const capacity = { limit, limitOfOne: atOnceToOne, running: this.#counted() };
          const { taken, more } = await claim(db, clock.nowMs(), capacity);
          for (const one of taken) this.#start(one);
          // What was left over of one receiver may hide what others wait for.
          this.#again ||= more && taken.length > 0;
        }
        await this.#purge();
        this.#isDown = false;
      } catch (error) {
        // Said once; the log is no place for a line each second.
        if (!this.#isDown) log.warn({ cause: messageOf(error) }, 'webhooks wait for the database');
        this.#isDown = true;
      }
    }
  }

  #counted(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { webhook } of this.#running.keys()) counts.set(webhook, (counts.get(webhook) ?? 0) + 1);
    return counts;
  }

  #start(due: Due): void {
    const sending = this.#send(due)
      .catch((error: unknown) => {
        // Its claim ends by itself; then it is sent once more.
        this.#options.log.warn({ webhook: due.webhook, cause: messageOf(error) }, 'delivery not kept');
      })
      .finally(() => {
        this.#running.delete(due);
        this.wake();
      });
    this.#running.set(due, sending);
  }

  async #send(due: Due): Promise<void> {
    const { db, clock, log } = this.#options;
    const atMs = clock.nowMs();
    const outcome = await this.#attempt(due, atMs);
    if (this.#over.signal.aborted && outcome.status === null) return;
    const failed = outcome.error !== null;
    this.counts[failed ? 'failed' : 'delivered'] += 1;
    const endMs = clock.nowMs();
    const delay = failed ? retryDelayMs(due.attempts + 1, Math.random()) : null;
    const stopped = failed ? whyStop(due, outcome, endMs) : null;
    const nextMs = delay === null ? null : endMs + delay;
    await settle(db, { due, outcome, atMs, tookMs: endMs - atMs, nextMs, stopped });
    if (stopped !== null) log.warn({ webhook: due.webhook, stopped }, 'webhook switched off');
  }

  async #attempt(
    { id: _id, webhook, event, url, payload, secret, keyId }: Due,
    atMs: number,
  ): Promise<Outcome> {
    const { reach, ca, timeoutMs = 15_000, unseal } = this.#options;
    let plain: string;
    try {
      plain = unseal(webhook, secret, keyId);
    } catch (error) {
      return { status: null, error: messageOf(error) };
    }
    const seconds = Math.floor(atMs / 1000);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'interop-gateway',
      'webhook-id': event,
      'webhook-timestamp': String(seconds),
      'webhook-signature': sign(plain, event, seconds, payload),
    };
    return post({ url, headers, body: payload, reach, ca, timeoutMs, signal: this.#over.signal });
  }

  async #purge(): Promise<void> {
    const now = this.#options.clock.monotonicMs();
    if (now - this.#purgedMs < purgeEveryMs) return;
    this.#purgedMs = now;
    await purge(this.#options.db, this.#options.clock.nowMs());
  }
}

/** 410 Gone means that nobody wants it any more (Standard Webhooks 1.0). */
function whyStop({ failingSince }: Due, { status }: Outcome, nowMs: number): string | null {
  if (status === 410) return 'The receiver answered 410 Gone.';
  const failingMs = failingSince === null ? 0 : nowMs - Date.parse(failingSince);
  return failingMs >= stopAfterMs ? 'Every attempt has failed for three days.' : null;
}
