export const frameMs = 20;
/** After a stall at most this many frames are made at once; older ones are given up. */
const longestCatchUp = 3;

/** A 20 ms beat on an absolute grid: late ticks never add up, and a stall makes no burst. */
export class Pacer {
  readonly #tick: (dueMs: number) => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #nextMs = 0;
  /** Frames that were given up. */
  skipped = 0;

  /** `tick` is told when it was due, on `now`'s clock. */
  constructor(tick: (dueMs: number) => void, now: () => number = () => performance.now()) {
    this.#tick = tick;
    this.#now = now;
  }

  start(): void {
    if (this.#timer) return;
    this.#nextMs = this.#now() + frameMs;
    this.#arm();
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    this.#timer = setTimeout(this.#beat, Math.max(1, Math.ceil(this.#nextMs - this.#now())));
  }

  readonly #beat = (): void => {
    const behind = Math.floor((this.#now() - this.#nextMs) / frameMs) + 1;
    const count = Math.min(behind, longestCatchUp);
    this.skipped += Math.max(0, behind - count);
    this.#nextMs += Math.max(0, behind) * frameMs;
    for (let i = count; i > 0; i--) this.#tick(this.#nextMs - i * frameMs);
    // A tick may have stopped the beat.
    if (this.#timer) this.#arm();
  };
}
