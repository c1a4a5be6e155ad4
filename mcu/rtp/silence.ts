export interface SilenceEvents {
  /** Nothing at all has come for that long; told once until something comes. */
  readonly onSilent: (ms: number) => void;
  /** After `onSilent`: something has come, RTP or RTCP, or signalling has named the peer anew. */
  readonly onHeard: () => void;
}

/** Whether a peer lives, by what comes of it. Knows no time but what it is told: monotonic ms. */
export class Silence {
  readonly #events: SilenceEvents;
  readonly #silenceMs: number;
  #lifeMs = 0;
  #told = false;

  constructor(silenceMs: number, events: SilenceEvents) {
    this.#silenceMs = silenceMs;
    this.#events = events;
  }

  /** Goes on where another process had told of it, or not. */
  restore(told: boolean): void {
    this.#told = told;
  }

  heard(nowMs: number): void {
    this.#lifeMs = nowMs;
    if (!this.#told) return;
    this.#told = false;
    this.#events.onHeard();
  }

  /** To be called a few times a second. */
  tick(nowMs: number): void {
    if (!this.#told && nowMs - this.#lifeMs >= this.#silenceMs) this.lost(nowMs);
  }

  /** The peer is known to be gone, however short its silence. */
  lost(nowMs: number): void {
    this.#told = true;
    this.#events.onSilent(Math.round(nowMs - this.#lifeMs));
  }
}
