import { LegError } from '../errors.ts';
import type { EndReason } from '../reasons.ts';

/** Whether a leg is over, and why; whatever works for it stops by this. */
export class LegLife {
  readonly #over = new AbortController();
  #reason: EndReason | null = null;

  /** Aborted when the dialog, or the try to have one, is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** The first reason counts. False: it was over before. */
  finish(reason: EndReason): boolean {
    if (this.#over.signal.aborted) return false;
    this.#reason = reason;
    this.#over.abort();
    return true;
  }

  /** Throws `LegError` once the leg is over. */
  throwIfOver(): void {
    if (this.#over.signal.aborted) throw this.#error();
  }

  /** The work's outcome, unless the leg is over first: then throws `LegError`. */
  async orOver<T>(work: Promise<T>): Promise<T> {
    let stop: () => void = () => undefined;
    const over = new Promise<never>((_resolve, reject) => {
      stop = () => reject(this.#error());
      this.#over.signal.addEventListener('abort', stop, { once: true });
    });
    this.throwIfOver();
    try {
      return await Promise.race([work, over]);
    } finally {
      this.#over.signal.removeEventListener('abort', stop);
    }
  }

  #error(): LegError {
    return new LegError(this.#reason ?? 'internal-error');
  }
}
