/** The highest rate at which pictures are made; lower ones leave some of these beats out. */
export const fullRate = 30;
const intervalMs = 1000 / fullRate;

/**
 * An absolute grid: late beats never add up. Beats that were slept through are left out, as the past is of no use in a picture.
 * Beats of all processes lie on the wall clock's grid, so that a feed's timestamps go on in the next process.
 */
export class Beat {
  readonly #onBeat: (index: number, dueMs: number) => void;
  readonly #onMissed: (beats: number) => void;
  readonly #phaseMs: number;
  #timer: NodeJS.Timeout | null = null;
  #index: number;

  /**
   * `onBeat`: its number since the epoch and when it was due, on `performance.now()`'s clock.
   * `phase`, 0 to 1: where between two beats this one is, so that several share the time.
   */
  constructor(
    onBeat: (index: number, dueMs: number) => void,
    onMissed: (beats: number) => void,
    phase: number,
  ) {
    this.#onBeat = onBeat;
    this.#onMissed = onMissed;
    this.#phaseMs = phase * intervalMs;
    this.#index = this.#indexAt(performance.now());
    this.#arm();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #indexAt(nowMs: number): number {
    return Math.floor((performance.timeOrigin + nowMs - this.#phaseMs) / intervalMs);
  }

  #dueAt(index: number): number {
    return index * intervalMs + this.#phaseMs - performance.timeOrigin;
  }

  #arm(): void {
    const waitMs = this.#dueAt(this.#index + 1) - performance.now();
    this.#timer = setTimeout(this.#beat, Math.max(1, Math.ceil(waitMs)));
  }

  readonly #beat = (): void => {
    const now = this.#indexAt(performance.now());
    const passed = now - this.#index;
    if (passed > 1) this.#onMissed(passed - 1);
    if (passed > 0) {
      this.#index = now;
      this.#onBeat(now, this.#dueAt(now));
    }
    // The beat may have stopped it.
    if (this.#timer) this.#arm();
  };
}

/** Whether a rate of `fps`, at most the full one, has a frame at this beat. */
export function isDue(index: number, fps: number): boolean {
  if (fps >= fullRate) return true;
  return Math.floor((index * fps) / fullRate) !== Math.floor(((index - 1) * fps) / fullRate);
}

/** A beat's time on the 90 kHz clock of RTP, counted on without wrapping. */
export function timestampOf(index: number): bigint {
  return BigInt(index) * BigInt(90_000 / fullRate);
}
