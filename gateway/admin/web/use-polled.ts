import { useEffect, useState } from 'react';

export type Polled<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ok'; readonly value: T }
  | { readonly state: 'failed'; readonly error: Error };

/** Asks once, and again after each `everyMs` when given; stops with the component. `ask` must be stable. */
export function usePolled<T>(ask: (signal: AbortSignal) => Promise<T>, everyMs: number | null): Polled<T> {
  const [result, setResult] = useState<Polled<T>>({ state: 'loading' });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      const next = await ask(stop.signal).then(
        (value): Polled<T> => ({ state: 'ok', value }),
        (error: unknown): Polled<T> => ({
          state: 'failed',
          error: error instanceof Error ? error : new Error(String(error)),
        }),
      );
      if (stop.signal.aborted) return;
      setResult(next);
      if (everyMs !== null) timer = setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ask, everyMs]);
  return result;
}
