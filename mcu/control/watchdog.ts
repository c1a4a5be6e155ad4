/** How often a process is asked for a sign of life within its deadline. */
const asks = 6;

/** Longer than any pause of a sound process; shorter than what callers take for the end of the call. */
export const defaultAnswerMs = 3000;

export interface WatchdogOptions {
  /** How long nothing may come from the process, ms; noticed within a sixth more. */
  readonly answerMs: number;
  /** Asks the process for a sign of life. */
  readonly ask: () => void;
  /** The process has been silent for too long; said once, then nothing is asked any more. */
  readonly onHung: () => void;
}

/**
 * Notices a process that lives but does nothing any more: stopped, spinning, or stuck in a system call. What counts
 * is how often it was asked in vain, not how late it is: a timer of ours fires once however long we stood still
 * ourselves, and what came meanwhile is read before it fires again. So neither a stopped or busy parent nor a
 * machine that slept, nor a clock that was set, is taken for a child's silence.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #unanswered = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.answerMs / asks);
    options.ask();
  }

  /** Anything that comes from the process is a sign of life. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#unanswered >= asks) {
      this.stop();
      this.#options.onHung();
      return;
    }
    this.#unanswered++;
    this.#options.ask();
  }
}
