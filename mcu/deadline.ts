/**
 * Runs work under a signal that aborts with one of these or when time is up, with a TimeoutError.
 *
 * Not AbortSignal.timeout: inside AbortSignal.any Node 20 lets the collector take it, and then time is never up
 * (nodejs/node#57736).
 */
export async function withDeadline<T>(
  ms: number,
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeUp = new AbortController();
  const timer = setTimeout(() => {
    timeUp.abort(new DOMException(`Not done within ${ms} ms.`, 'TimeoutError'));
  }, ms);
  try {
    return await work(AbortSignal.any([...signals, timeUp.signal]));
  } finally {
    clearTimeout(timer);
  }
}
