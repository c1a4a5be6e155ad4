/** Asks for the packets of one video stream that are missing (RFC 4585 §6.2.1). */
import { Gaps } from '../rtp/gaps.ts';

/** A packet that was only overtaken is here by then; and a burst of loss is one question. */
const PAUSE_MS = 10;

/** Its timer runs only while something is missing. */
export class Nacks {
  readonly #gaps = new Gaps();
  readonly #ask: (sequences: readonly number[]) => void;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(ask: (sequences: readonly number[]) => void) {
    this.#ask = ask;
  }

  /** A packet of the stream has come, sent again or not. */
  arrived(sequence: number): void {
    this.#gaps.arrived(sequence, performance.now());
    this.#lookLater();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #lookLater(): void {
    if (this.#gaps.missing && !this.#closed) this.#timer ??= setTimeout(this.#look, PAUSE_MS);
  }

  readonly #look = (): void => {
    this.#timer = null;
    const due = this.#gaps.due(performance.now());
    if (due !== null) this.#ask(due);
    this.#lookLater();
  };
}
