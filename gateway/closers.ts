import { messageOf } from './errors.ts';
import type { Log } from './ports.ts';

/** What was opened, to be closed in reverse; each closer has its deadline, and one that fails stops no other. */
export class Closers {
  readonly #closers: { readonly name: string; readonly close: () => unknown }[] = [];
  readonly #log: Log;
  readonly #deadlineMs: number;
  #closing: Promise<void> | null = null;

  constructor(log: Log, deadlineMs = 6000) {
    this.#log = log;
    this.#deadlineMs = deadlineMs;
  }

  add(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    for (const { name, close } of this.#closers.reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const tooLong = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('took too long')), this.#deadlineMs);
      });
      try {
        await Promise.race([close(), tooLong]);
      } catch (error) {
        this.#log.warn({ part: name, cause: messageOf(error) }, 'part not closed cleanly');
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
