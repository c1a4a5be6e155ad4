import type { TimerName } from './types.ts';

/** setTimeout can’t wait longer. */
const longestTimerMs = 2 ** 31 - 1;

/** A call's timers by name; starting one again replaces it. */
export class Timers {
  readonly #running = new Map<TimerName, NodeJS.Timeout>();
  readonly #onTimer: (timer: TimerName) => void;

  constructor(onTimer: (timer: TimerName) => void) {
    this.#onTimer = onTimer;
  }

  start(timer: TimerName, seconds: number): void {
    this.stop(timer);
    const timeout = setTimeout(
      () => {
        this.#running.delete(timer);
        this.#onTimer(timer);
      },
      Math.min(seconds * 1000, longestTimerMs),
    );
    this.#running.set(timer, timeout);
  }

  stop(timer: TimerName): void {
    clearTimeout(this.#running.get(timer));
    this.#running.delete(timer);
  }

  stopAll(): void {
    for (const timer of [...this.#running.keys()]) this.stop(timer);
  }
}
