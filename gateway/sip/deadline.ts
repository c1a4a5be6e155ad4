/** Waits for something that announces itself by a callback; null: the deadline or the signal came first. */
export function within<T>(
  ms: number,
  signal: AbortSignal | null,
  arm: (settle: (value: T) => void) => void,
): Promise<T | null> {
  return new Promise((resolve) => {
    const finish = (value: T | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(value);
    };
    const giveUp = (): void => finish(null);
    const timer = setTimeout(giveUp, ms);
    if (signal?.aborted) {
      giveUp();
      return;
    }
    signal?.addEventListener('abort', giveUp, { once: true });
    arm(finish);
  });
}
