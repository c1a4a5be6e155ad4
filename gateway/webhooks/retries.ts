/** Seconds from one attempt to the next; 26 hours in all. A receiver that was away for an hour has all within two. */
const delays = [5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 21_600, 21_600];

/** When every attempt of a webhook has failed for so long, it is switched off. */
export const stopAfterMs = 3 * 24 * 3600 * 1000;

/**
 * How long until the next attempt after `attempts` that failed, ms; null: it is given up. `chance` (0–1) spreads
 * what failed together, so that it does not come back together.
 */
export function retryDelayMs(attempts: number, chance: number): number | null {
  const seconds = delays.at(attempts - 1);
  return attempts < 1 || seconds === undefined ? null : seconds * 1000 * (1 + chance / 5);
}
