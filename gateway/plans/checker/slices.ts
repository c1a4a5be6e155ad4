import { setImmediate } from 'node:timers/promises';

/** How long is worked before others have their turn. */
const sliceMs = 5;

/** Works in slices between which whatever else there is to do is done. Rejects with the signal's reason. */
export async function inSlices<T>(steps: Generator<unknown, T>, signal: AbortSignal): Promise<T> {
  let since = performance.now();
  for (;;) {
    // Thrown within, so that what is open there is closed.
    const { done, value } = signal.aborted ? steps.throw(signal.reason) : steps.next();
    if (done === true) return value;
    if (performance.now() - since < sliceMs) continue;
    await setImmediate();
    since = performance.now();
  }
}
