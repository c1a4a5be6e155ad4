/** A wait for something that others bring about, which ends with the signal's reason at the latest. */
export function awaited(signal: AbortSignal): { readonly done: Promise<void>; readonly settle: () => void } {
  let settle = (): void => undefined;
  const done = new Promise<void>((resolve, reject) => {
    settle = resolve;
    const giveUp = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
  // Whoever stops earlier need not know.
  done.catch(() => undefined);
  return { done, settle: () => settle() };
}
