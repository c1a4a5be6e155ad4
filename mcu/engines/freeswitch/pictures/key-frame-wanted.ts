/** So often at most a sender is asked for a key frame. */
const pauseMs = 500;
/** A camera that never sends one is given up until it is asked for again. */
const mostAsks = 20;

/** Asks for a key frame until one has come. */
export class KeyFrameWanted {
  readonly #ask: () => void;
  #timer: NodeJS.Timeout | null = null;
  #asks = 0;
  #wanted = false;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** Asks now, or as soon as the last question is long enough ago. */
  want(): void {
    this.#wanted = true;
    this.#asks = 0;
    if (!this.#timer) this.#next();
  }

  /** It has begun to come. */
  came(): void {
    this.#wanted = false;
  }

  /** Idempotent. */
  close(): void {
    this.#wanted = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  readonly #next = (): void => {
    this.#timer = null;
    if (!this.#wanted || this.#asks++ >= mostAsks) return;
    this.#timer = setTimeout(this.#next, pauseMs);
    this.#ask();
  };
}
