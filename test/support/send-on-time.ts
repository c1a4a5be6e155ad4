import { setTimeout as sleep } from 'node:timers/promises';

export interface Departure {
  /** From when the first may leave. */
  readonly atMs: number;
  readonly send: () => void;
}

/**
 * Sends each when its time has come. Everything was made beforehand: what takes time here would change the network
 * that is played.
 * @returns By how much the latest was late, in ms.
 */
export async function sendOnTime(departures: readonly Departure[]): Promise<number> {
  const inOrder = departures.toSorted((a, b) => a.atMs - b.atMs);
  const begin = performance.now();
  let latestMs = 0;
  for (const { atMs, send } of inOrder) {
    while (performance.now() - begin < atMs)
      await sleep(Math.max(1, Math.floor(atMs - (performance.now() - begin))));
    latestMs = Math.max(latestMs, performance.now() - begin - atMs);
    send();
  }
  return latestMs;
}
