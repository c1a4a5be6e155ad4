import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { DatabaseUnavailable } from './errors.ts';

export interface PreparationOptions {
  /** In their order, each until it has succeeded once. */
  readonly steps: readonly ((over: AbortSignal) => Promise<void>)[];
  /** After the last step. */
  readonly onDone: () => void;
  readonly log: Log;
}

const firstRetryMs = 500;
const lastRetryMs = 5_000;

/** Brings a database to where the gateway can use it: at its start or, when it is away then, as soon as it is there. */
export class Preparation {
  readonly #options: PreparationOptions;
  readonly #over = new AbortController();
  #done = 0;
  #problem: string | null = null;
  #trying: Promise<void> | null = null;

  constructor(options: PreparationOptions) {
    this.#options = options;
  }

  /** Why the database can't be used yet, in words; null: it can. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Throws what does not pass by itself. A database that is away is tried again in the background. */
  async begin(): Promise<void> {
    try {
      await this.#advance();
    } catch (error) {
      if (!passes(error)) throw error;
      this.#say(error);
      this.#trying = this.#tryAgain();
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#trying;
  }

  async #tryAgain(): Promise<void> {
    for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, lastRetryMs)) {
      try {
        await pause(retryMs, undefined, { signal: this.#over.signal });
        await this.#advance();
        this.#options.log.info({}, 'database is there');
        return;
      } catch (error) {
        if (this.#over.signal.aborted) return;
        this.#say(error);
      }
    }
  }

  async #advance(): Promise<void> {
    const { steps, onDone } = this.#options;
    for (; this.#done < steps.length; this.#done++) await steps[this.#done](this.#over.signal);
    this.#problem = null;
    onDone();
  }

  /** Once for each thing that is wrong; the log is no place for a line every five seconds. */
  #say(error: unknown): void {
    const known =
      error instanceof GatewayError ? error : new DatabaseUnavailable('the database can’t be reached', error);
    const { message: cause, remedy } = known;
    if (cause === this.#problem) return;
    this.#problem = cause;
    const { log } = this.#options;
    if (passes(error)) log.warn({ cause, remedy }, 'database is away, the gateway goes on without it');
    else log.error({ cause, remedy }, 'database can’t be used, the gateway goes on without it');
  }
}

/**
 * Whether it may be otherwise in a moment, without anybody doing anything here: no connection, or a server that is
 * starting, full or overrun (SQLSTATE classes 08, 53, 55, 57, 58). A wrong password, name or right is none.
 */
function passes(error: unknown): boolean {
  const cause = error instanceof DatabaseUnavailable ? error.cause : error;
  if (cause instanceof GatewayError) return false;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ERR_INVALID_URL') return false;
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|55|57|58)/.test(code);
}
