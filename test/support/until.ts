import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the first value that is neither null, undefined nor false; rejects when none came in time. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMs = 5000,
): Promise<Exclude<T, null | undefined | false>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false)
      return value as Exclude<T, null | undefined | false>;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(10);
  }
}
