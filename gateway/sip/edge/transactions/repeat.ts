import type { Cancel, Timers } from '../timers.ts';

/**
 * Runs again and again, the pause doubling up to `longestMs`: timers A, E and G, and the repetition of 2xx and
 * reliable provisional responses.
 */
export function repeatSlower(timers: Timers, firstMs: number, longestMs: number, run: () => void): Cancel {
  let pause = firstMs;
  let stop = timers.after(pause, tick);
  function tick(): void {
    pause = Math.min(pause * 2, longestMs);
    stop = timers.after(pause, tick);
    run();
  }
  return () => {
    stop();
  };
}
